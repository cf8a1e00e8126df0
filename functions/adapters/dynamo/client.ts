import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createTimedHandler } from '../aws/timed-handler.ts';
import { wait as waitFor } from './back-off.ts';
import { retryConflicts } from './conflicts.ts';
import { translateOutage } from './outages.ts';

export interface Table {
  documents: DynamoDBDocumentClient;
  name: string;
  /** Milliseconds left for calls; infinite outside an invocation. */
  remainingMs(): number;
  /** Waits between two tries, milliseconds. */
  wait(ms: number): Promise<void>;
}

export interface TableOptions {
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  region?: string;
  remainingMs?: () => number;
  /** Until one attempt is given up, milliseconds; three seconds when left out. */
  attemptMs?: number;
  /** In place of time that passes. */
  wait?: Table['wait'];
  /** Told of every call, with all its tries, how many milliseconds it took. */
  onCall?: (ms: number) => void;
  /** Told of every write that another writer was in the way of, each time. */
  onConflict?: () => void;
}

/** DynamoDB answers in milliseconds; a page of 1 MB takes a fraction of this. Four silent attempts end within 13 s. */
const patienceMs = 3_000;
const maxAttempts = 4;

/** The SDK copies every item it sends and reads for a log line of this level, even where nobody keeps the line. */
const withoutInfo = { debug() {}, warn() {}, error() {} } as unknown as DynamoDBClientConfig['logger'];

/**
 * The table behind the document client. The SDK reads region, credentials and endpoint from its standard environment,
 * as Lambda and the one-machine cloud both set it. Every call ends: an attempt within three seconds, all of them within
 * the caller's time. Conflicts with other writers are tried again here, for every write, so no store has to. What stays
 * away through all tries is `temporarily_unavailable`.
 */
export function openTable(
  name: string,
  { remainingMs, attemptMs = patienceMs, wait = waitFor, onCall, onConflict, ...options }: TableOptions = {},
): Table {
  const left = remainingMs ?? (() => Number.POSITIVE_INFINITY);
  const client = new DynamoDBClient({
    ...options,
    maxAttempts,
    logger: withoutInfo,
    requestHandler: createTimedHandler({ attemptMs, remainingMs: left }),
  });
  // Around the SDK's own tries, so that both hear of the last failure only; the first that is added is the outer one.
  client.middlewareStack.add(
    (next) => async (args) => {
      const started = performance.now();
      try {
        return await next(args);
      } catch (error) {
        throw translateOutage(error);
      } finally {
        onCall?.(performance.now() - started);
      }
    },
    { step: 'initialize', name: 'translateOutage' },
  );
  client.middlewareStack.add(
    (next) => (args) => retryConflicts(() => next(args), { remainingMs: left, wait, onConflict }),
    {
      step: 'initialize',
      name: 'retryConflicts',
    },
  );
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  return { documents, name, remainingMs: left, wait };
}
