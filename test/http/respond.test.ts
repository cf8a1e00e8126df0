import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { organizationWording } from '#contracts/refusals.ts';
import { AppError } from '#core/files/errors.ts';
import { ObjectStoreError } from '#core/files/ports.ts';
import { errorResponse } from '#http/respond.ts';

const bodyOf = (error: unknown) => {
  const { statusCode, headers, body } = errorResponse(error, 'request-1');
  return { statusCode, retryAfter: headers['retry-after'], body: JSON.parse(body ?? '') as Record<string, unknown> };
};

describe('an error', () => {
  it('of ours is told with its details and when to come again', () => {
    const error = new AppError('file_too_large', 'Too large.', { details: { maxBytes: 1 }, retryAfterSeconds: 3 });
    expect(bodyOf(error)).toEqual({
      statusCode: 413,
      retryAfter: '3',
      body: {
        status: 'error',
        code: 'file_too_large',
        message: 'Too large.',
        requestId: 'request-1',
        details: { maxBytes: 1 },
      },
    });
  });

  it('has the status and the words of its surface, where it has some', () => {
    const tooLarge = new AppError('file_too_large', 'Too large.', { details: { maxBytes: 1 } });
    const { statusCode, body } = errorResponse(tooLarge, 'request-1', { wording: organizationWording });
    expect([statusCode, JSON.parse(body ?? '')]).toEqual([
      400,
      expect.objectContaining({ code: 'file_too_large', message: 'File too large', details: { maxBytes: 1 } }),
    ]);
    const other = errorResponse(new AppError('invalid_image', 'Cut.'), 'request-1', { wording: organizationWording });
    expect([other.statusCode, JSON.parse(other.body ?? '').message]).toEqual([422, 'Cut.']);
  });

  it('of a field says where in the request that field stood', () => {
    const issue = (field: string) =>
      new AppError('validation_failed', 'No.', { details: { issues: [{ field, message: 'unknown' }], uploadId: 'u' } });
    const details = (error: AppError, contract: { json?: z.ZodMiniType }) =>
      JSON.parse(errorResponse(error, 'request-1', contract).body ?? '').details;
    expect(details(issue('cursor'), {})).toEqual({
      issues: [{ path: 'query.cursor', message: 'unknown' }],
      uploadId: 'u',
    });
    expect(details(issue('config'), { json: z.unknown() }).issues).toEqual([
      { path: 'body.config', message: 'unknown' },
    ]);
    expect(details(issue(''), { json: z.unknown() }).issues).toEqual([{ path: 'body', message: 'unknown' }]);
  });

  it('of a bucket that is away asks to come again, and says nothing of the bucket', () => {
    const { statusCode, retryAfter, body } = bodyOf(new ObjectStoreError('unavailable', 'secret: no answer'));
    expect({ statusCode, retryAfter, code: body.code }).toEqual({
      statusCode: 503,
      retryAfter: '1',
      code: 'temporarily_unavailable',
    });
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it.each([new Error('at /var/task/index.mjs'), new ObjectStoreError('denied', 'key of x'), 'text', undefined, null])(
    'that nobody foresaw (%s) is told without a word of its own',
    (error) => {
      expect(bodyOf(error)).toMatchObject({ statusCode: 500, body: { code: 'internal_error' } });
      expect(JSON.stringify(bodyOf(error))).not.toMatch(/var\/task|key of/);
    },
  );
});
