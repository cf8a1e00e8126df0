import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { AppError } from '#core/files/errors.ts';
import type { EndpointRow } from '#functions/routes.ts';
import type { AuthDeps } from '#http/auth.ts';
import { form } from '#http/form.ts';
import type { GatewayEvent } from '#http/gateway.ts';
import { pipeline, type Step } from '#runtime/pipeline.ts';

const never = new Promise<never>(() => undefined);
const named = { tag: 'uploads', description: 'A test.', success: 200 } as const;
const row: EndpointRow = { method: 'POST', path: '/things/{id}', auth: 'user', uses: [], summary: '' };

const tokens: AuthDeps['tokens'] = {
  verify: async (token) => {
    if (token !== 'good') throw new AppError('unauthorized', 'The token is not valid.');
    return { token_use: 'user', sub: 'user-1' };
  },
};
const authDeps = () => ({ tokens, developerKeys: undefined as never });

interface Setup {
  contract?: Partial<Contract>;
  deps?: () => AuthDeps;
  steps?: Step[];
  run?: (event: GatewayEvent) => Promise<unknown>;
}

/** Sends one request through a pipeline and answers what came out, with the lines that were logged. */
async function send(setup: Setup, event: Partial<GatewayEvent> = {}, context: Partial<Context> = {}) {
  const { contract, deps = authDeps, steps = [], run = async () => ({ ok: true }) } = setup;
  const handler = pipeline({ row, contract: { ...named, ...contract }, authDeps: deps, steps, run });
  const request = {
    headers: { authorization: 'Bearer good', 'content-type': 'application/json' },
    pathParameters: { id: 'secret-id' },
    requestContext: { requestId: 'request-1' },
    ...event,
  };
  const { statusCode, headers, body } = await handler(request as never, context as Context);
  return { status: statusCode, headers, body: body === undefined ? undefined : JSON.parse(body) };
}

let lines: Record<string, unknown>[];
beforeEach(() => {
  lines = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(JSON.parse(String(text))) > 0);
});
afterEach(() => void vi.restoreAllMocks());

describe('a request', () => {
  it('is answered with what run returned, and logged once without its path, query, token or body', async () => {
    const event = { body: '{"private":1}', queryStringParameters: { 'X-Amz-Signature': 'secret-query' } };
    expect(await send({}, event)).toMatchObject({ status: 200, body: { ok: true } });
    expect(lines).toEqual([
      expect.objectContaining({ level: 'INFO', route: 'POST /things/{id}', requestId: 'request-1', status: 200 }),
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/secret|private|good/);
  });

  it('is answered without a body where the contract has none', async () => {
    const answer = await send({ contract: { success: 204 }, run: async () => ({ ignored: true }) });
    expect(answer).toMatchObject({ status: 204, body: undefined, headers: { 'x-request-id': 'request-1' } });
  });

  it('proves who sent it before anything of it is read', async () => {
    const run = vi.fn();
    const contract = { json: z.object({ a: z.string() }) };
    const answer = await send({ contract, run }, { headers: { authorization: 'Bearer bad' }, body: 'not json' });
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(run).not.toHaveBeenCalled();
    expect(lines).toEqual([expect.objectContaining({ level: 'INFO', status: 401, code: 'unauthorized' })]);
  });

  it('is checked by the parts that the contract names, which run gets', async () => {
    const run = vi.fn(async ({ parts, caller }: GatewayEvent) => ({ parts, caller }));
    const contract = { params: z.object({ id: z.string() }), json: z.object({ a: z.string() }) };
    const good = await send({ contract, run }, { body: '{"a":"b","c":1}' });
    expect(good.body).toEqual({
      caller: { userId: 'user-1' },
      parts: { params: { id: 'secret-id' }, json: { a: 'b' } },
    });
    const bad = await send({ contract, run }, { body: '{"a":1}' });
    expect(bad).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', details: { issues: [{ path: 'body.a' }] } },
    });
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('is not read further than the contract says', async () => {
    expect(await send({}, { body: 'not json', isBase64Encoded: true })).toMatchObject({ status: 200 });
  });
});

describe('a form', () => {
  const body = { headers: { authorization: 'Bearer good', 'content-type': 'nonsense' }, body: 'x' };

  it('is not looked at before the limits are known: whoever may not upload is told so', async () => {
    const closed = form(z.object({}), () => Promise.reject(new AppError('extension_file_storage_disabled', 'Off.')));
    expect(await send({ steps: [closed] }, body)).toMatchObject({ status: 403 });
    const open = form(z.object({}), async () => ({ maxFileBytes: 10 }));
    expect(await send({ steps: [open] }, body)).toMatchObject({ status: 400 });
  });

  it('reaches run with its file, its checked fields and the limits it was read under', async () => {
    const text = [
      '--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\np\r\n',
      '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nbytes\r\n--b--',
    ].join('');
    const step = form(z.object({ purpose: z.string() }), async () => ({ maxFileBytes: 10, mine: 1 }));
    const run = async ({ form }: GatewayEvent) => ({
      ...form,
      file: { ...form?.file, bytes: String(form?.file.bytes) },
    });
    const headers = { authorization: 'Bearer good', 'content-type': 'multipart/form-data; boundary=b' };
    const answer = await send({ steps: [step], run }, { headers, body: text });
    expect(answer.body).toMatchObject({
      file: { filename: 'a.txt', bytes: 'bytes' },
      fields: { purpose: 'p' },
      limits: { maxFileBytes: 10, mine: 1 },
    });
  });
});

describe('a failure', () => {
  it('that nobody foresaw is told without its words, and logged with them', async () => {
    const answer = await send({ run: () => Promise.reject(new Error('table vanished')) });
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal_error', requestId: 'request-1' } });
    expect(JSON.stringify(answer.body)).not.toContain('vanished');
    expect(lines).toEqual([expect.objectContaining({ level: 'ERROR', status: 500, code: 'internal_error' })]);
    expect(lines[0]?.error).toMatchObject({ message: 'table vanished' });
  });

  it('to make the answer is one, too', async () => {
    const answer = await send({ run: async () => ({ count: 1n }) });
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal_error' } });
  });

  it('is told in the words of its surface', async () => {
    const run = () => Promise.reject(new AppError('file_too_large', 'Long words.'));
    const wording = { file_too_large: { status: 400, message: 'File too large' } };
    expect(await send({ run, contract: { wording } })).toMatchObject({
      status: 400,
      body: { message: 'File too large' },
    });
    expect(await send({ run })).toMatchObject({ status: 413, body: { message: 'Long words.' } });
  });
});

describe('when Lambda is about to end the function, the caller is asked to come again', () => {
  const context = { getRemainingTimeInMillis: () => 1001 };
  const tired = {
    status: 503,
    headers: { 'retry-after': '1' },
    body: { status: 'error', code: 'temporarily_unavailable', requestId: 'request-1' },
  };

  it.each<[string, Setup]>([
    ['the use case', { run: () => never }],
    ['the key server', { deps: () => ({ ...authDeps(), tokens: { verify: () => never } }) }],
    ['the settings a form is read under', { steps: [form(z.object({}), () => never)] }],
  ])('%s does not answer', async (_, setup) => {
    expect(await send(setup, {}, context)).toMatchObject(tired);
    expect(lines).toEqual([expect.objectContaining({ level: 'ERROR', code: 'temporarily_unavailable', status: 503 })]);
  });

  it('and what ends in time is answered as ever', async () => {
    expect(await send({}, {}, { getRemainingTimeInMillis: () => 29_000 })).toMatchObject({ status: 200 });
  });
});
