/**
 * The SQS endpoint, AWS JSON protocol, for the queues of the template and no others. Differs from AWS: signatures are
 * not verified (the key only says who calls), no tags, no queue management.
 */
import { createServer, type IncomingMessage } from 'node:http';
import * as z from 'zod';
import { aws, type Closable } from '../aws.ts';
import { type Broken, isBroken } from '../broken.ts';
import { type Authorizer, accessKeyIdOf } from '../iam/authorize.ts';
import { type JsonReply, serveJson } from '../json-server.ts';
import { closeServer, listen } from '../listen.ts';
import type { QueueSpec } from '../template/model.ts';
import { SqsError } from './errors.ts';
import { createMoves } from './moves.ts';
import { operations, type SqsContext } from './operations.ts';
import type { QueueStore } from './store.ts';

/** A fault of the service: an error by code instead of the effect, or a connection that breaks. */
export type SqsFault = { status: number; code: string } | Broken;

export interface SqsOptions {
  queues: QueueSpec[];
  store: QueueStore;
  authorizer: Authorizer;
  host: string;
  port: number;
  /** Told of every request. */
  onRequest?: (request: { operation: string; queueName: string; accessKeyId: string | undefined }) => void;
  /** Asked before every operation, to provoke faults. */
  intercept?: (request: { operation: string; queueName: string }) => SqsFault | undefined;
}

const text = z.string().optional();
const named = z.looseObject({ QueueUrl: text, QueueName: text, SourceArn: text });

/** Starts the endpoint. The caller owns the store and closes it afterwards. */
export async function startSqs(options: SqsOptions): Promise<Closable & { port: number; endpoint: string }> {
  const byName = new Map(options.queues.map((queue) => [queue.name, queue]));
  const closing = new AbortController();
  const moves = createMoves(options);

  async function answer(request: IncomingMessage, body: unknown): Promise<JsonReply> {
    const operation = /^AmazonSQS\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1] ?? '';
    const run = operations[operation];
    if (!run) throw new SqsError('InvalidAction', `${operation} is not an action of the one-machine cloud`);
    const { QueueUrl, QueueName, SourceArn } = named.parse(body);
    const path = QueueUrl ? new URL(QueueUrl).pathname : (QueueName ?? SourceArn ?? '');
    const queueName = path.split(/[/:]/).at(-1) ?? '';
    const accessKeyId = accessKeyIdOf(request.headers.authorization);
    options.onRequest?.({ operation, queueName, accessKeyId });
    const action = `sqs:${operation.replace(/Batch$/, '')}`;
    const queue = byName.get(queueName);
    const resource = queue?.arn ?? `arn:aws:sqs:${aws.region}:${aws.accountId}:${queueName}`;
    if (!options.authorizer.isAllowed({ accessKeyId, action, resource })) {
      const who = options.authorizer.functionOf(accessKeyId);
      throw new SqsError(
        'AccessDenied',
        `${who} is not authorized to perform: ${action} on resource: ${resource}`,
        403,
      );
    }
    if (!queue) throw new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');
    const fault = options.intercept?.({ operation, queueName });
    if (isBroken(fault)) return fault;
    if (fault) throw new SqsError(fault.code, 'Provoked for a test.', fault.status);
    const url = `http://${request.headers.host}/${aws.accountId}/${queue.name}`;
    const may = (also: string, arn: string) =>
      options.authorizer.isAllowed({ accessKeyId, action: also, resource: arn });
    const context: SqsContext = { queue, store: options.store, url, signal: closing.signal, moves, may };
    return { status: 200, body: await run(context, body) };
  }

  const server = createServer((request, response) => {
    serveJson(request, response, 'application/x-amz-json-1.0', async (body) => {
      try {
        return await answer(request, body);
      } catch (error) {
        return failure(error);
      }
    });
  });

  const address = await listen(server, options);
  return {
    ...address,
    async close() {
      closing.abort();
      moves.close();
      await closeServer(server);
    },
  };
}

/** Codes of the older query protocol, where they differ: SDKs map errors by this header. */
const queryCodes: Record<string, string> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
};

function failure(error: unknown): JsonReply {
  const known = error instanceof SqsError ? error : undefined;
  const invalid = error instanceof z.ZodError ? (error.issues[0]?.message ?? '') : undefined;
  if (!known && invalid === undefined) console.error(error);
  const code = known?.code ?? (invalid === undefined ? 'InternalError' : 'InvalidParameterValue');
  return {
    status: known?.status ?? (invalid === undefined ? 500 : 400),
    body: { __type: `com.amazonaws.sqs#${code}`, message: known?.message ?? invalid ?? 'internal error' },
    headers: { 'x-amzn-query-error': `${queryCodes[code] ?? code};Sender` },
  };
}
