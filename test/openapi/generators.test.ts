import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tools } from '#openapi/tools.ts';

/** The published document as other people's tools take it. They run as they are run by hand, and without a network. */
const root = join(import.meta.dirname, '../..');
const document = join(root, 'client/openapi.json');
const outdir = mkdtempSync(join(tmpdir(), 'stowage-openapi-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

const offline = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };

const run = (bin: string, ...args: string[]) =>
  spawnSync(process.execPath, [bin, ...args], { cwd: outdir, encoding: 'utf8', env: offline });

/** A client's own code, against what the generators made of the document. */
const consumer = `
import type { components, paths, webhooks } from './types.ts';
import * as sdk from './sdk/index.ts';
import type { ApiErrorCode, ApiErrorDetails } from '${join(root, 'client/src/errors.ts')}';

type StoredFile = components['schemas']['StoredFile'];
type Upload = paths['/api/extensions/sessions/{sessionId}/files']['post'];
export const widthOf = (file: StoredFile): number | null => file.width;

/** \`code\` tells what \`details\` hold, whichever generator made the type. */
export function hint(error: components['schemas']['ErrorBody'] | sdk.ErrorBody): string {
  switch (error.code) {
    case 'file_too_large':
      return error.details.direct?.presign ?? String(error.details.maxBytes);
    case 'extension_session_storage_quota_exceeded':
      return String(error.details.remainingBytes);
    case 'file_already_claimed':
      return error.details.files.map(({ fileId }) => fileId).join();
    case 'invalid_image':
      return error.details.reason;
    case 'unauthorized':
      // @ts-expect-error: there is nothing more to know
      return error.details;
    default:
      // @ts-expect-error: no code has this
      return error.details?.nothing ?? error.message;
  }
}

/** What the client package says of \`details\` is what the document says. */
type Body<C> = Extract<components['schemas']['ErrorBody'], { code: C }>;
type Details<C> = Body<C> extends { details?: infer D } ? (Body<C> extends { details: D } ? D : D | undefined) : undefined;
type Agreement = { [C in ApiErrorCode]: [Details<C>] extends [ApiErrorDetails[C]] ? 'agrees' : Details<C> };
export const agreement = (found: Agreement): Record<ApiErrorCode, 'agrees'> => found;

/** A page's own \`File\` is what a form takes, beside the type of what is stored. */
export async function upload(file: File): Promise<StoredFile> {
  const path = { sessionId: 'session-1' };
  const { data, error, response } = await sdk.extensionsSessionFilesUpload({ path, body: { file, purpose: 'photo' } });
  if (data === undefined) throw new Error('code' in error ? error.code : error.message);
  response.headers.get('x-request-id');
  return data.file;
}

export const retry = (headers: Upload['responses'][409]['headers']): number | undefined => headers['retry-after'];

/** What is posted to a webhook, whichever generator made the type: \`data\` is told by the type. */
type Posted = { [T in keyof webhooks]: webhooks[T]['post']['requestBody']['content']['application/json'] }[keyof webhooks];
export function listen(event: Posted | sdk.FileDeletedEvent | sdk.QuotaNearEvent): string {
  if (event.type === 'quota.near') return event.data.appId + event.data.threshold;
  if (event.type === 'file.deleted') return event.data.reason;
  // @ts-expect-error: only of a deleted file there is a reason
  return event.data.holder?.id ?? event.data.reason;
}

// @ts-expect-error: an event of a lock names the lock
export const event: sdk.LifecycleEvent = { eventId: 'event-1', type: 'lock.deleted', appId: 'puzzle' };
`;

const compilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  target: 'es2024',
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['es2024', 'dom', 'dom.iterable'],
  types: [],
  allowImportingTsExtensions: true,
  noEmit: true,
};

describe('the published document', () => {
  test('passes the linter of Redocly, but for paths that the contract has so', () => {
    const { stdout } = run(tools.lint, 'lint', document, '--extends', 'recommended-strict', '--format', 'json');
    const { problems } = JSON.parse(stdout) as { problems: { ruleId: string; message: string }[] };
    // No request is both: one is a POST, the other a DELETE or a GET.
    const known = [
      '`/platform/extensions/{appId}/claims` and `/platform/extensions/claims/{claimId}`',
      '`/v1/upload/{id}/parts` and `/v1/upload/url/{id}`',
      '`/v1/upload/{id}/restore` and `/v1/upload/url/{id}`',
    ];
    const isKnown = (message: string) => known.some((pair) => message.includes(pair));
    const found = problems.filter(({ ruleId, message }) => ruleId !== 'no-ambiguous-paths' || !isKnown(message));
    expect(found.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
    expect(problems.length).toBeLessThanOrEqual(known.length);
  });

  describe('as types of openapi-typescript and as a client of Hey API', () => {
    beforeAll(() => {
      const types = run(tools.types, document, '-o', join(outdir, 'types.ts'));
      expect(types.stderr, types.stdout).not.toContain('rror');
      expect(types.status).toBe(0);
      const sdk = run(tools.sdk, '-i', document, '-o', join(outdir, 'sdk'), '--no-log-file');
      expect(sdk.status, sdk.stdout + sdk.stderr).toBe(0);
      writeFileSync(join(outdir, 'consumer.ts'), consumer);
      writeFileSync(join(outdir, 'package.json'), '{"type":"module"}');
      writeFileSync(join(outdir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts', 'sdk'] }));
    });

    test.each([
      ['of the generators', tools.compile],
      ['of this repository', join(root, 'node_modules/typescript/bin/tsc')],
    ])('compiles strictly with the TypeScript %s, details told apart by their code', (_, compiler) => {
      const { stdout, status } = run(compiler, '-p', '.');
      expect(stdout).toBe('');
      expect(status).toBe(0);
    });

    test('names no type like something that every page has', () => {
      const lib = join(dirname(tools.compile), '../lib');
      const globals = ['dom', 'es5', 'es2015.core', 'es2015.collection', 'es2015.promise'].flatMap((name) => [
        ...readFileSync(join(lib, `lib.${name}.d.ts`), 'utf8').matchAll(/^(?:interface|declare var|type) (\w+)/gm),
      ]);
      const taken = new Set(globals.map(([, name]) => name));
      expect(taken).toContain('File');
      expect(taken).toContain('Error');
      const made = [...readFileSync(join(outdir, 'sdk/types.gen.ts'), 'utf8').matchAll(/^export type (\w+)/gm)];
      expect(made.length).toBeGreaterThan(100);
      expect(made.map(([, name]) => name).filter((name) => taken.has(name))).toEqual([]);
    });
  });
});
