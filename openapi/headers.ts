/** Headers of answers. */
import { type Json, refTo } from './json.ts';

export const headers: Record<string, Json> = {
  RequestId: {
    description: 'Quote it when you report a failure; in the body of a refusal, too.',
    schema: { type: 'string' },
    example: 'JKJaXmPLvHcESHA=',
  },
  NoStore: {
    description: "Links and people's data: no cache keeps the answer.",
    schema: { type: 'string', const: 'no-store' },
  },
  Cacheable: {
    description: 'The same for everybody: any cache may keep the answer so long.',
    schema: { type: 'string', pattern: '^public, max-age=\\d+$' },
    example: 'public, max-age=60',
  },
  RetryAfter: {
    description: 'Seconds after which trying again makes sense. Absent where it does not.',
    schema: { type: 'integer', minimum: 1 },
    example: 1,
  },
};

/** Headers of a success; a contract with `cacheSeconds` may be cached. */
export const successHeaders = (isCacheable: boolean): Json => ({
  'x-request-id': refTo('headers', 'RequestId'),
  'cache-control': refTo('headers', isCacheable ? 'Cacheable' : 'NoStore'),
});

export const refusalHeaders: Json = {
  'x-request-id': refTo('headers', 'RequestId'),
  'cache-control': refTo('headers', 'NoStore'),
  'retry-after': refTo('headers', 'RetryAfter'),
};
