/**
 * `ClientRequestToken` of TransactWriteItems: for ten minutes the same token with the same request answers again without
 * doing it again, and with another request is refused. A token is written in its transaction's own batch, so a client that
 * retries after the process was killed neither repeats nor loses the transaction. SDKs send a fresh token by themselves.
 */
import { createHash } from 'node:crypto';
import type { BatchOperation, Level } from './dynalite.ts';
import { wireError } from './errors.ts';
import { after } from './indexes.ts';

const prefix = 'stowage-token~';
/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html, "ClientRequestToken". */
const lifetimeMs = 10 * 60 * 1000;

interface Entry {
  token: string;
  hash: string;
  expiresAtMs: number;
  response: Record<string, unknown>;
}

export interface Tokens {
  /** The earlier answer to the same request. Throws IdempotentParameterMismatchException when the request is another. */
  earlier(token: string, request: unknown): Record<string, unknown> | undefined;
  /** What to write along with the transaction (tokens that ran out go), and what to call when that is done. */
  remember(
    token: string,
    request: unknown,
    response: Record<string, unknown>,
  ): { operations: BatchOperation[]; applied(): void };
}

/** JSON with sorted members, so that the same request hashes the same however its maps are ordered. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

const hashOf = (request: unknown) => createHash('sha256').update(canonical(request)).digest('base64');

/** Reads the tokens that are kept; `now` is in epoch milliseconds. */
export async function loadTokens(level: Level, now: () => number): Promise<Tokens> {
  // A Map keeps the order of insertion, which is the order of expiry.
  const entries = new Map<string, Entry>();
  const kept = await readAll(level);
  for (const entry of kept.sort((a, b) => a.expiresAtMs - b.expiresAtMs)) entries.set(entry.token, entry);

  return {
    earlier(token, request) {
      const entry = entries.get(token);
      if (!entry || entry.expiresAtMs <= now()) return undefined;
      if (entry.hash === hashOf(request)) return entry.response;
      throw wireError(
        'IdempotentParameterMismatchException',
        'A request with the same client token but different parameters was submitted',
      );
    },
    remember(token, request, response) {
      const past: Entry[] = [];
      for (const entry of entries.values()) {
        if (entry.expiresAtMs > now()) break;
        past.push(entry);
      }
      const entry = { token, hash: hashOf(request), expiresAtMs: now() + lifetimeMs, response };
      return {
        operations: [
          ...past.map((old) => ({ type: 'del' as const, key: prefix + old.token })),
          { type: 'put', key: prefix + token, value: entry },
        ],
        applied() {
          for (const old of past) entries.delete(old.token);
          entries.delete(token);
          entries.set(token, entry);
        },
      };
    },
  };
}

async function readAll(level: Level): Promise<Entry[]> {
  const iterator = level.values({ gte: prefix, lt: after(prefix) });
  const entries: Entry[] = [];
  try {
    for (;;) {
      const page = (await iterator.nextv(256)) as Entry[];
      if (page.length === 0) return entries;
      entries.push(...page);
    }
  } finally {
    await iterator.close();
  }
}
