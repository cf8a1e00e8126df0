/** `stowage doctor`: looks at everything around a stage that was set by hand or can go wrong by itself, and says what to do. */
import { Command } from 'commander';
import { readDev } from '../dev-file.ts';
import { Failure } from '../failure.ts';
import { isJson, plain, show } from '../print.ts';
import { localProfile } from '../profiles.ts';
import { type ConnectOptions, connectTo, withConnectOptions } from '../verify/connect.ts';
import { type Credentials, cloudflareReader, s3Reader } from './bucket-rules.ts';
import { type Finding, looked, ok, skipped, warning } from './finding.ts';
import { lookAtAws } from './look-at-aws.ts';
import { lookAtBuckets, type R2Place } from './look-at-buckets.ts';
import { lookAtDomain } from './look-at-domain.ts';
import { lookAtIssuer, type TokenPlace } from './look-at-issuer.ts';
import { type Inside, lookAtApi, lookAtApiCors, lookAtTokens, lookInside } from './look-at-stage.ts';
import { readSettings, type Settings } from './settings-file.ts';

interface Options extends ConnectOptions {
  settings?: string;
  origin?: string[];
  cloudflareToken?: string;
}

const several = (value: string, before: string[] = []) => [...before, value];

export function doctorCommand(): Command {
  return withConnectOptions(new Command('doctor'))
    .description('look at a stage and all around it, and say what to do; changes nothing')
    .option(
      '--settings <file>',
      "the stage's deploy settings, .stowage.<stage>.json, to know where to look when it does not say",
    )
    .option(
      '--origin <origin>',
      'a page that uploads, once or several times; corsOrigins of the settings unless told',
      several,
    )
    .option(
      '--cloudflare-token <token>',
      'of Cloudflare, to read locks and rules of buckets; CLOUDFLARE_API_TOKEN unless told',
    )
    .action(async (options: Options, command: Command) => {
      const startedAt = Date.now();
      const say = isJson(command)
        ? () => undefined
        : (finding: Finding) => void process.stdout.write(`${linesOf(finding)}\n`);
      const findings = await examine(options, command, say);
      report(command, findings, Date.now() - startedAt);
    });
}

async function examine(options: Options, command: Command, say: (finding: Finding) => void): Promise<Finding[]> {
  const settings = options.settings === undefined ? undefined : await readSettings(options.settings);
  const { baseUrl, proofs } = await connectTo(options, command, { isLenient: true });
  const all: Finding[] = [];
  const tell = (findings: Finding[]) => {
    for (const finding of findings) {
      all.push(finding);
      say(finding);
    }
  };
  tell(await looked('stage.reached', () => lookAtApi(baseUrl)));
  let inside: Inside = { findings: [] };
  tell(
    await looked('inside.health', async () => {
      inside = await lookInside(baseUrl, proofs);
      return inside.findings;
    }),
  );
  const { health } = inside;
  const tokens: TokenPlace | undefined = health?.tokens ?? settings?.tokens;
  const r2: R2Place | undefined = health?.r2 ?? settings?.r2;
  const origins = (options.origin ?? settings?.corsOrigins ?? []).filter((origin) => origin !== '*');
  tell(deployedFindings(health, settings));
  tell(await looked('tokens.round-trip', () => lookAtTokens(baseUrl, proofs, tokens && { tokens })));
  tell(await looked('issuer.keys', () => lookAtIssuer(tokens)));
  tell(await looked('cors.api', () => lookAtApiCors(baseUrl, origins)));
  let ofSecret: Credentials | undefined;
  tell(
    await looked('aws.account', async () => {
      const { findings, credentials } = await lookAtAws(r2?.secretName);
      ofSecret = credentials;
      return findings;
    }),
  );
  if (r2 === undefined) {
    tell([
      skipped('buckets', 'Where they are is not known.', 'Give --admin-token, or --settings .stowage.<stage>.json'),
    ]);
    return all;
  }
  const credentials = (await ownCredentials(command)) ?? ofSecret;
  const token = options.cloudflareToken ?? process.env.CLOUDFLARE_API_TOKEN;
  const cloudflare = token ? cloudflareReader({ token, endpoint: r2.endpoint }) : undefined;
  const s3 = credentials === undefined ? [] : [await s3Reader(r2.endpoint, credentials)];
  const readers = [...s3, ...(cloudflare === undefined ? [] : [cloudflare])];
  tell(await looked('buckets', () => lookAtBuckets(r2, origins, { readers, cloudflare })));
  tell(await looked('domain.reached', () => lookAtDomain(r2.publicBaseUrl ?? undefined)));
  return all;
}

/** Credentials of R2 from the environment, or those of the one-machine cloud. */
async function ownCredentials(command: Command): Promise<Credentials | undefined> {
  const { R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  return command.optsWithGlobals().profile === localProfile ? (await readDev()).r2 : undefined;
}

/** Settings that were changed and not deployed, or another stage's. */
function deployedFindings(health: Inside['health'], settings: Settings | undefined): Finding[] {
  const name = 'stage.settings';
  if (health === undefined || settings === undefined) return [];
  const pairs = [
    ...Object.entries(settings.tokens).map(([key, value]) => [
      `tokens.${key}`,
      value,
      health.tokens[key as keyof TokenPlace],
    ]),
    ...Object.entries(settings.r2 ?? {}).map(([key, value]) => [
      `r2.${key}`,
      value,
      health.r2?.[key as never] ?? undefined,
    ]),
  ];
  const other = pairs.filter(([, wanted, deployed]) => wanted !== deployed).map(([key]) => key);
  if (other.length === 0) return [ok(name, 'The stage works with these settings.')];
  const found = `The stage works with others than the file has: ${other.join(', ')}.`;
  return [warning(name, found, `npx cdk deploy -c stage=${settings.stage ?? '<stage>'}`)];
}

const marks = { ok: 'ok  ', warning: 'warn', failed: 'FAIL', skipped: 'skip' } as const;

function linesOf({ name, state, found, todo }: Finding): string {
  const line = `${marks[state]}  ${name.padEnd(26)} ${plain(found)}`;
  return todo === undefined ? line : `${line}\n        ${plain(todo)}`;
}

function report(command: Command, findings: Finding[], ms: number): void {
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  const [fine, warnings, failures, skips] = [count('ok'), count('warning'), count('failed'), count('skipped')];
  const words = `${fine} ok, ${warnings} to look at, ${failures} failed, ${skips} skipped in ${(ms / 1000).toFixed(1)} s`;
  show(command, { ok: fine, warnings, failed: failures, skipped: skips, ms, findings }, () => words);
  if (failures > 0)
    throw new Failure(
      'unhealthy',
      `${failures} of ${findings.length} failed: ${findings
        .filter(({ state }) => state === 'failed')
        .map(({ name }) => name)
        .join(', ')}.`,
    );
}
