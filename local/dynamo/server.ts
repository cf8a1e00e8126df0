/**
 * DynamoDB for one machine: dynalite's actions and LevelDB store behind our own front, which adds transactions, TTL, the
 * stream's records, `ReturnValuesOnConditionCheckFailure`, access checks and fault injection.
 *
 * Where it differs from the service: one lock serializes all writes, so conflicts, throttling, left-out keys and lagging
 * indexes come about only as far as `load` asks for them (see load.ts); every other read is consistent; a batch write is
 * all or nothing; table changes are immediate; signatures are not verified; PartiQL, the calls of streams and backups are absent.
 * Where it follows the service and DynamoDB Local does not: reserved words are refused as names, an update cannot give an
 * index key a wrong type, and a part of a transaction that is impossible for its item is a cancellation reason.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Broken, breakOff, isBroken } from '../broken.ts';
import { type Authorize, accessKeyIdOf, checkAccess, itemsOf } from './access.ts';
import type { ChangeReader } from './changes.ts';
import type { Body } from './dynalite.ts';
import { wireError } from './errors.ts';
import { createLoad, type LoadOptions } from './load.ts';
import { runOperation } from './operations.ts';
import { openStore } from './store.ts';
import { ensureTable, type TableInput } from './tables.ts';
import { loadTokens } from './tokens.ts';
import { createTtlSweeper, type OnTtlRemoval } from './ttl.ts';
import { readBody, sendError, sendJson } from './wire.ts';

export type { Authorize } from './access.ts';
export type { ChangeReader } from './changes.ts';
export type { LoadOptions } from './load.ts';
export type { TableInput } from './tables.ts';
export type { OnTtlRemoval } from './ttl.ts';

/**
 * A fault to inject: an exception by name, an answer without the effect, or a connection that breaks before or
 * (`afterEffect`) after the operation took effect.
 */
export type Fault =
  | { type: string; message?: string; status?: number; more?: Record<string, unknown> }
  | { answer: Record<string, unknown> }
  | { afterEffect: Broken }
  | Broken
  | undefined;

export interface DynamoOptions {
  /** Folder of the data, made when missing; without one everything is in memory. */
  dir?: string | undefined;
  port?: number;
  host?: string;
  /** Told of every well-formed request before it runs; `items` counts parts of transactions and batches. */
  onRequest?: (request: { operation: string; accessKeyId: string | undefined; items: number }) => void;
  authorize?: Authorize;
  onTtlRemoval?: OnTtlRemoval;
  /** Who hears of writes, each of what it wants. */
  readers?: readonly ChangeReader[];
  /** `socket` tells connections apart, for faults that only some of them have. */
  intercept?: (request: { operation: string; body: Body; socket: Socket }) => Fault | Promise<Fault>;
  /** What the service does under load; nothing of it when left out. */
  load?: LoadOptions | undefined;
  /** Epoch milliseconds; decides expiry and the life of request tokens. */
  now?: () => number;
}

export interface Dynamo {
  endpoint: string;
  port: number;
  /** Makes the table, or brings an existing one up to date and keeps its items. */
  createTable(input: TableInput): Promise<void>;
  sweepTtl(): Promise<number>;
  /** Resolves when every index has what was written until now. */
  settleIndexes(): Promise<void>;
  /** Resolves when everybody who hears of writes has taken what was written until now. */
  settleChanges(): Promise<void>;
  /** Ends open connections and closes the store after the write that is under way. */
  close(): Promise<void>;
}

/** Starts the server; see the file's header. Rejects when the port or the folder is taken. */
export async function startDynamo(options: DynamoOptions = {}): Promise<Dynamo> {
  const { dir, port = 0, host = '127.0.0.1', authorize, onRequest, intercept, onTtlRemoval, now = Date.now } = options;
  const load = createLoad(options.load);
  const store = await openStore(dir, { nextLagMs: load.indexLagMs, readers: options.readers ?? [], now });
  const tokens = await loadTokens(store.level, now);
  const ttl = createTtlSweeper(store, now, onTtlRemoval);
  const { awsRegion, awsAccountId } = store.raw.tableDb;
  const arnOf = (tableName: string) => `arn:aws:dynamodb:${awsRegion}:${awsAccountId}:table/${tableName}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET') {
      response.end(`healthy: dynamodb.${awsRegion}.amazonaws.com `);
      return;
    }
    const operation = /^DynamoDB_20120810\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1];
    if (request.method !== 'POST' || !operation)
      throw wireError('UnknownOperationException', 'An unknown operation was requested.');
    const body = await readBody(request);
    const accessKeyId = accessKeyIdOf(request.headers.authorization);
    onRequest?.({ operation, accessKeyId, items: itemsOf(operation, body) });
    const fault = await intercept?.({ operation, body, socket: request.socket });
    if (isBroken(fault)) {
      breakOff(request, response, fault);
      return;
    }
    if (fault && 'answer' in fault) {
      sendJson(response, 200, fault.answer);
      return;
    }
    if (fault && 'type' in fault) throw wireError(fault.type, fault.message ?? '', fault);
    if (authorize) checkAccess(authorize, accessKeyId, { operation, body }, arnOf);
    const output = await runOperation({ store, tokens, load }, operation, body);
    if (fault) breakOff(request, response, fault.afterEffect);
    else sendJson(response, 200, output);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => sendError(response, error));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch(async (error) => {
    await store.close();
    throw error;
  });
  const bound = (server.address() as AddressInfo).port;
  // Only closing the store makes this reject, and then the records wait for the next start.
  ttl.deliver().catch(() => undefined);

  return {
    endpoint: `http://${host}:${bound}`,
    port: bound,
    createTable: (input) => ensureTable(store, input),
    sweepTtl: () => ttl.sweep(),
    settleIndexes: () => store.settleIndexes(),
    settleChanges: () => store.changes.settle(),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await store.lock(() => store.close());
    },
  };
}
