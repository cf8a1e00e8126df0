import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAuthorizer } from '#local/iam/authorize.ts';
import { environmentOf } from '#local/lambda/functions.ts';
import { asPage, openCloud } from './support.ts';

let opened: Awaited<ReturnType<typeof openCloud>>;
beforeAll(async () => {
  opened = await openCloud();
});
afterAll(() => opened.close());

/** Answers one event, as a new instance does, and tells what it loaded for that. */
const program = `
const { file, event } = JSON.parse(process.argv[1]);
const { handler } = await import(file);
const { statusCode } = await handler(event, { awsRequestId: 'first', getRemainingTimeInMillis: () => 20_000 });
console.log(JSON.stringify({ statusCode, loaded: process.moduleLoadList }));
process.exit(0);
`;

async function firstRequest(id: string, event: object) {
  const { model, endpoints } = opened.cloud.stack;
  const spec = model.functions.find(({ logicalId }) => logicalId.startsWith(id));
  if (spec === undefined) throw new Error(`The stack has no ${id}`);
  const env = environmentOf(spec, { authorizer: createAuthorizer(model), endpoints });
  const asked = JSON.stringify({ file: join(spec.codeDir, 'index.mjs'), event });
  const args = ['--input-type=module', '--eval', program, asked];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { statusCode: number; loaded: string[] };
}

it('of an instance, which checks a token and asks the table, loads nothing of `fetch`, which would be a third of it', async () => {
  const app = await opened.stowage.app();
  const headers = { authorization: `Bearer ${asPage(app).token}` };
  const { statusCode, loaded } = await firstRequest('ExtensionsSessionFilesListFunction', {
    version: '2.0',
    rawPath: app.files,
    rawQueryString: '',
    headers,
    pathParameters: { sessionId: app.sessionId },
    requestContext: { requestId: 'first', timeEpoch: Date.now(), http: { method: 'GET', path: app.files } },
    isBase64Encoded: false,
  });
  expect(statusCode).toBe(200);
  expect(loaded).toContain('NativeModule internal/crypto/webcrypto');
  expect(loaded.filter((name) => name.includes('undici'))).toEqual([]);
});
