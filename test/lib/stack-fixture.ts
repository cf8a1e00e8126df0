/** The stack over functions that only answer, so that template tests need neither the product's code nor a network. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseConfig, type StowageConfig, type StowageSettings } from '#lib/config.ts';
import { functionKeys, type RouteTable, routeTable } from '#lib/routes.ts';
import { type Synthesized, type SynthOptions, synthesize } from '#lib/synth.ts';

export const settings = {
  stage: 'test',
  tokens: {
    issuer: 'https://auth.test/',
    audience: 'stowage-test',
    jwksUrl: 'https://auth.test/jwks.json',
  },
  r2: {
    endpoint: 'https://account.r2.cloudflarestorage.com',
    bucket: 'files',
    publicBucket: 'files-public',
    complianceBucket: 'files-compliance',
    publicBaseUrl: 'https://files.test',
    secretName: 'stowage/test/r2',
  },
  events: {
    webhooks: [
      { url: 'https://hooks.test/stowage', secretName: 'stowage/test/hooks' },
      { url: 'https://other.test/', secretName: 'stowage/test/other', events: ['file.deleted'] },
    ],
  },
  corsOrigins: ['https://app.test'],
  alarmEmail: 'alarms@app.test',
  imageConcurrency: 10,
} satisfies StowageSettings;

export const config: StowageConfig = parseConfig(settings);

/** A temporary folder with a file for every row; the caller removes it. */
export function writeFunctions(
  routes: RouteTable,
  code = 'export const handler = async () => ({ statusCode: 204 });\n',
) {
  const dir = mkdtempSync(join(tmpdir(), 'stowage-functions-'));
  for (const key of functionKeys(routes)) {
    mkdirSync(dirname(join(dir, `${key}.ts`)), { recursive: true });
    writeFileSync(join(dir, `${key}.ts`), code);
  }
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Synthesizes with those files and hands the result to `use` while its assets exist. */
export async function withStack<Result>(
  options: { config?: StowageConfig; routes?: RouteTable; checks?: SynthOptions['checks'] },
  use: (stack: Synthesized) => Result | Promise<Result>,
): Promise<Result> {
  const routes = options.routes ?? routeTable;
  const functions = writeFunctions(routes);
  const outdir = mkdtempSync(join(tmpdir(), 'stowage-out-'));
  try {
    const synthesized = await synthesize({
      config: options.config ?? config,
      routes,
      functionsRoot: functions.dir,
      localLayer: true,
      outdir,
      checks: options.checks,
    });
    return await use(synthesized);
  } finally {
    functions.remove();
    rmSync(outdir, { recursive: true, force: true });
  }
}
