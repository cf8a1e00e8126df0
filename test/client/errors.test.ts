import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import type * as z from 'zod/mini';
import { statusOf } from '#contracts/refusals.ts';
import type { uploadAnswer } from '#contracts/upload-views.ts';
import type { fileAnswer, quotaAnswer } from '#contracts/views.ts';
import type { ErrorCode } from '#core/files/errors.ts';
import type { contract as sessionCapabilities } from '#functions/extensions/session-capabilities.ts';
import type { contract as setupCapabilities } from '#functions/extensions/setup-capabilities.ts';
import {
  type ApiErrorCode,
  createUploader,
  isStowageError,
  type SessionCapabilities,
  type SetupCapabilities,
  type StagedQuota,
  type StoredFile,
  StowageError,
  setupTarget,
  type UploadedFile,
} from '../../client/src/uploader.ts';

/** Answers every request with what it is told. */
let answer: { status: number; body: string };
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => void server.close());

const refusal = async () => {
  const { port } = server.address() as AddressInfo;
  const options = {
    baseUrl: `http://127.0.0.1:${port}`,
    target: setupTarget('a'),
    auth: () => ({}),
    retry: { attempts: 1 },
  };
  return createUploader(options)
    .get('b')
    .catch((error: unknown) => error);
};

describe('an error of the API', () => {
  test('has its type here, and none is left over: the codes are the same', () => {
    expectTypeOf<ApiErrorCode>().toEqualTypeOf<ErrorCode>();
  });

  test.each(Object.entries(statusOf))(
    '%s arrives with its status, message, request id and details',
    async (code, status) => {
      const details = { files: ['a'] };
      answer = { status, body: JSON.stringify({ status: 'error', code, message: 'Why.', requestId: 'r-1', details }) };
      const error = await refusal();
      expect(error).toBeInstanceOf(StowageError);
      expect(error).toMatchObject({ code, status, message: 'Why.', requestId: 'r-1', details });
    },
  );

  test('that is none, but a page of something on the way, keeps its status and beginning', async () => {
    answer = { status: 502, body: `<html>${'x'.repeat(1000)}` };
    expect(await refusal()).toMatchObject({ code: 'unexpected_answer', status: 502 });
    answer = { status: 200, body: '<html>' };
    expect(await refusal()).toMatchObject({ code: 'unexpected_answer', status: 200 });
  });

  test('that is no answer at all is told apart', async () => {
    const options = {
      baseUrl: 'http://127.0.0.1:1',
      target: setupTarget('a'),
      auth: () => ({}),
      retry: { attempts: 1 },
    };
    await expect(createUploader(options).get('b')).rejects.toMatchObject({ code: 'network_error', status: 0 });
  });

  test('is recognised by its name, since each bundle has a class of its own', () => {
    const other = Object.assign(new Error('no'), {
      name: 'StowageError',
      code: 'file_too_large',
      details: { maxBytes: 5 },
    });
    expect(isStowageError(other, 'file_too_large') && other.details.maxBytes).toBe(5);
    expect(isStowageError(other, 'file_not_found', 'unauthorized')).toBe(false);
    expect(isStowageError(new TypeError('no'))).toBe(false);
  });
});

describe('the types of what is answered', () => {
  test('are the contracts of the endpoints', () => {
    expectTypeOf<StoredFile>().toEqualTypeOf<z.output<typeof fileAnswer>>();
    expectTypeOf<UploadedFile>().toEqualTypeOf<z.output<typeof uploadAnswer>>();
    expectTypeOf<StagedQuota>().toEqualTypeOf<z.output<typeof quotaAnswer>>();
    expectTypeOf<SessionCapabilities>().toEqualTypeOf<z.output<(typeof sessionCapabilities)['answer']>>();
    expectTypeOf<SetupCapabilities>().toEqualTypeOf<z.output<(typeof setupCapabilities)['answer']>>();
  });
});
