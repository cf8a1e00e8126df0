import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError, configWarnings, loadConfig, parseConfig } from '#lib/config.ts';
import { settings } from './stack-fixture.ts';

function refusal(make: () => unknown): ConfigError {
  try {
    make();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
}

/** The settings with one of them, named by its path, replaced (or removed, when undefined). */
function changed(path: string, value: unknown): unknown {
  const copy: Record<string, unknown> = structuredClone(settings);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((at, key) => at[key] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

const certificate = 'arn:aws:acm:eu-central-1:123456789012:certificate/0-1';
const streamOf = (table: string) =>
  `arn:aws:dynamodb:eu-central-1:123456789012:table/${table}/stream/2026-01-02T03:04:05.678`;

describe('a table beside the stack', () => {
  test('is named with its stream, which AWS gives another label each time it is turned on', () => {
    const given = { existingTableName: 'restored', existingTableStreamArn: streamOf('restored') };
    expect(parseConfig({ ...settings, ...given })).toMatchObject(given);
  });

  test.each([
    [{ existingTableName: 'restored' }, 'existingTableStreamArn', /describe-table --table-name restored/],
    [{ existingTableStreamArn: streamOf('restored') }, 'existingTableName', /name the table/],
    [
      { existingTableName: 'restored', existingTableStreamArn: streamOf('other') },
      'existingTableStreamArn',
      /must be the stream of restored/,
    ],
  ])('is refused half named: %j', (given, setting, message) => {
    expect(refusal(() => parseConfig({ ...settings, ...given })).issues).toEqual([
      { setting, message: expect.stringMatching(message) },
    ]);
  });
});

describe('wrong settings', () => {
  test.each([
    ['stage', 'Prod', /lower-case/],
    ['stage', undefined, /missing/],
    ['tokens', undefined, /missing/],
    ['tokens.issuer', 'auth.test', /https:\/\/host/],
    ['tokens.issuer', 'http://auth.test/', /write https:\/\/auth\.test\//],
    ['tokens.jwksUrl', 'http://auth.test/jwks', /https/],
    ['tokens.jwksUrl', 'https://user:secret@auth.test/jwks', /no credentials/],
    ['tokens.audience', '', /aud/],
    ['r2.endpoint', 'https://account.r2.cloudflarestorage.com/files', /bare endpoint/],
    ['r2.endpoint', 'http://account.r2.cloudflarestorage.com', /https/],
    ['r2.bucket', 'My.Bucket', /bucket name/],
    ['r2.bucket', undefined, /missing/],
    ['r2.publicBaseUrl', 'https://files.test/', /slash/],
    ['r2.publicBucket', 'files', /private files/],
    ['r2.publicBucket', 'files-compliance', /private files/],
    ['r2.publicBucket', undefined, /publicBaseUrl/],
    ['r2.secretName', 'arn:aws:secretsmanager:eu-central-1:1:secret:x', /not its ARN/],
    ['r2.secretKeyArn', 'alias/own', /not of an alias/],
    ['r2.secretKeyArn', 'arn:aws:kms:eu-central-1:123456789012:alias/own', /not of an alias/],
    ['r2.secretAccessKey', 'abc', /not a setting/],
    ['cacheSeconds', 6, /at most 5/],
    ['logRetentionDays', 31, /must be one of 1, 3/],
    ['throttle', { rateLimit: 10 }, /missing/],
    ['corsOrigins', ['https://app.test/'], /origin/],
    ['alarmEmail', 'nobody', /e-mail/],
    ['imageConcurrency', 0, />0|more than 0/],
    ['imageConcurrency', 226, /at most 225/],
    ['existingTableName', 'arn:aws:dynamodb:eu-central-1:123456789012:table/x', /not its ARN/],
    ['apiDomain', { name: 'https://api.test', certificateArn: certificate }, /host name/],
    ['apiDomain', { name: 'api.test', certificateArn: 'api.test' }, /ACM certificate/],
    ['apiDomain', { name: 'api.test' }, /missing/],
    ['protectdata', true, /not a setting/],
  ])('%s = %j is refused by its name, with what to write instead', (setting, value, message) => {
    const { issues } = refusal(() => parseConfig(changed(setting, value)));
    expect(issues).toHaveLength(1);
    expect(issues[0]?.setting).toMatch(new RegExp(`^${setting}`));
    expect(issues[0]?.message).toMatch(message);
  });

  test('reserve nothing of the ten functions of a new account, and a quarter of what a hundred leave of a larger one', () => {
    const { issues } = refusal(() => parseConfig({ ...settings, accountConcurrency: 10, imageConcurrency: 1 }));
    expect(issues).toMatchObject([{ setting: 'imageConcurrency', message: expect.stringMatching(/at most 0/) }]);
    expect(parseConfig({ ...settings, imageConcurrency: 225 }).imageConcurrency).toBe(225);
  });

  test('are all named at once, so that one more try is enough', () => {
    const error = refusal(() => parseConfig({ ...settings, cacheSeconds: 60, corsOrigins: ['x'] }, 'cdk.json'));
    expect(error.issues.map(({ setting }) => setting)).toEqual(['cacheSeconds', 'corsOrigins.0']);
    expect(error.message).toMatch(/^cdk\.json:\n {2}cacheSeconds: /);
  });
});

describe('right settings', () => {
  test.each(['http://localhost:8787', 'http://127.0.0.1:9000', 'http://[::1]:9000'])(
    'may use %s, this machine',
    (endpoint) => {
      expect(parseConfig(changed('r2.endpoint', endpoint)).r2?.endpoint).toBe(endpoint);
    },
  );

  test('keep the issuer letter by letter, since it is compared with a claim', () => {
    expect(parseConfig(changed('tokens.issuer', 'https://Auth.test')).tokens.issuer).toBe('https://Auth.test');
  });

  test('need no more than the tokens', () => {
    const { stage, tokens } = settings;
    expect(parseConfig({ stage, tokens })).toEqual({
      stage,
      tokens,
      cacheSeconds: 5,
      protectData: true,
      logRetentionDays: 30,
      orphanGraceDays: 7,
      reconcilePassHours: 6,
      scan: { mode: 'off', timeoutMinutes: 60, onTimeout: 'reject' },
      throttle: { rateLimit: 200, burstLimit: 400 },
      corsOrigins: [],
      accountConcurrency: 1000,
      tracing: false,
    });
  });

  test('that are probably not meant warn', () => {
    const { publicBaseUrl: _, ...r2 } = settings.r2;
    expect(configWarnings(parseConfig(settings))).toEqual([]);
    expect(configWarnings(parseConfig({ ...settings, r2 }))).toEqual([expect.stringContaining('r2.publicBaseUrl')]);
    const { stage, tokens } = settings;
    expect(configWarnings(parseConfig({ stage, tokens }))).toHaveLength(2);
    expect(configWarnings(parseConfig({ ...settings, orphanGraceDays: 0 }))).toEqual([
      expect.stringContaining('orphanGraceDays'),
    ]);
  });
});

describe('the settings of a stage', () => {
  const root = mkdtempSync(join(tmpdir(), 'stowage-config-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const { stage: _, ...test1 } = settings;
  const stages = { one: test1, two: { ...test1, cacheSeconds: 1 } };

  test('come from the context by its name', () => {
    expect(loadConfig({ stage: 'two', stages, root })).toMatchObject({ stage: 'two', cacheSeconds: 1 });
  });

  test('may be replaced, each as a whole, by a file outside the repository', () => {
    writeFileSync(
      join(root, '.stowage.one.json'),
      JSON.stringify({ r2: { ...settings.r2, bucket: 'own' }, cacheSeconds: 2 }),
    );
    const config = loadConfig({ stage: 'one', stages, root });
    expect(config).toMatchObject({ cacheSeconds: 2, tokens: settings.tokens });
    expect(config.r2?.bucket).toBe('own');
  });

  test('may come from the file alone', () => {
    writeFileSync(join(root, '.stowage.own.json'), JSON.stringify(test1));
    expect(loadConfig({ stage: 'own', stages: undefined, root }).stage).toBe('own');
  });

  test.each(['three', '../one', '__proto__', 'constructor'])(
    'are refused for %s, and the known stages are named',
    (stage) => {
      expect(refusal(() => loadConfig({ stage, stages, root })).message).toMatch(/is unknown \(known: one, two\)/);
    },
  );

  test('are refused when no stage is given or the file is broken', () => {
    expect(refusal(() => loadConfig({ stage: undefined, stages, root })).message).toContain('-c stage=');
    writeFileSync(join(root, '.stowage.two.json'), '{ "cacheSeconds": 1, }');
    expect(refusal(() => loadConfig({ stage: 'two', stages, root })).message).toContain(
      '.stowage.two.json: is not JSON',
    );
    writeFileSync(join(root, '.stowage.two.json'), '[]');
    expect(refusal(() => loadConfig({ stage: 'two', stages, root })).message).toContain('one JSON object');
  });
});
