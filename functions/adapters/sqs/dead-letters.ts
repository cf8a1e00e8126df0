/** Queues of dead letters, as an administrator looks at them and has SQS move them back. */
import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  ReceiveMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { AppError } from '#core/files/errors.ts';
import type { DeadLetterQueue, DeadLetters, MoveTask } from '#core/operations/dead-letters.ts';
import { createTimedHandler } from '../aws/timed-handler.ts';

const attemptMs = 3_000;

/** The most that SQS hands out at once. */
const mostMessages = 10;

/** Ours are some hundred bytes; somebody else's may be of any size. */
const mostCharacters = 4_096;

export interface DeadLetterAddress extends DeadLetterQueue {
  queueUrl: string;
}

/** Of these queues. Looking at a message hides it from nobody, and raises its count of receives, of which nothing here depends. */
export function createDeadLetters(
  queues: readonly DeadLetterAddress[],
  { remainingMs }: { remainingMs?: (() => number) | undefined } = {},
): DeadLetters {
  const client = new SQSClient({ maxAttempts: 2, requestHandler: createTimedHandler({ attemptMs, remainingMs }) });
  const addressOf = ({ name }: DeadLetterQueue) => queues.find((one) => one.name === name) as DeadLetterAddress;

  /** By its URL, `https://<host>/<account>/<name>`: the environment has no room for both of every queue. */
  async function arnOf(queueUrl: string): Promise<string> {
    const [, account, name] = new URL(queueUrl).pathname.split('/');
    const region = await client.config.region();
    const partition = region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
    return `arn:${partition}:sqs:${region}:${account}:${name}`;
  }

  async function lastTask({ queueUrl, redrivable }: DeadLetterAddress): Promise<MoveTask | undefined> {
    if (!redrivable) return undefined;
    const { Results = [] } = await client.send(
      new ListMessageMoveTasksCommand({ SourceArn: await arnOf(queueUrl), MaxResults: 1 }),
    );
    const [last] = Results;
    return last && taskOf(last);
  }

  return {
    queues: queues.map(({ queueUrl: _url, ...queue }) => queue),
    state: (queue) =>
      answered(async () => {
        const address = addressOf(queue);
        const counted = client.send(
          new GetQueueAttributesCommand({
            QueueUrl: address.queueUrl,
            AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
          }),
        );
        const [{ Attributes = {} }, task] = await Promise.all([counted, lastTask(address)]);
        const messages =
          Number(Attributes.ApproximateNumberOfMessages ?? 0) +
          Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0);
        return { messages, ...(task && { task }) };
      }),
    look: (queue) =>
      answered(async () => {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl: addressOf(queue).queueUrl,
            MaxNumberOfMessages: mostMessages,
            // A short poll asks some of the queue's servers, and of a few messages may find none.
            WaitTimeSeconds: 1,
            // Seen by the next who looks, and by a move that begins now.
            VisibilityTimeout: 0,
            MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
          }),
        );
        return Messages.map(({ MessageId = '', Body = '', Attributes = {} }) => ({
          id: MessageId,
          sentAt: new Date(Number(Attributes.SentTimestamp)),
          receiveCount: Number(Attributes.ApproximateReceiveCount),
          body: Body.slice(0, mostCharacters),
        }));
      }),
    redrive: (queue) =>
      answered(async () => {
        const address = addressOf(queue);
        const current = await lastTask(address);
        if (current?.status === 'running') return current;
        try {
          await client.send(new StartMessageMoveTaskCommand({ SourceArn: await arnOf(address.queueUrl) }));
        } catch (error) {
          // Somebody else began one meanwhile, or an attempt of ours whose answer was lost did.
          const begun = await lastTask(address).catch(() => undefined);
          if (begun?.status === 'running') return begun;
          throw error;
        }
        return (await lastTask(address)) ?? { status: 'running', moved: 0 };
      }),
  };
}

const statuses: Record<string, MoveTask['status']> = {
  RUNNING: 'running',
  COMPLETED: 'completed',
  CANCELLING: 'running',
  CANCELLED: 'cancelled',
  FAILED: 'failed',
};

function taskOf(entry: ListMessageMoveTasksResultEntry): MoveTask {
  const { Status = '', ApproximateNumberOfMessagesMoved: moved = 0, ApproximateNumberOfMessagesToMove: total } = entry;
  return { status: statuses[Status] ?? 'failed', moved, ...(total !== undefined && { total }) };
}

async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new AppError('temporarily_unavailable', 'A queue did not answer. Try again shortly.', {
      retryAfterSeconds: 5,
      cause,
    });
  }
}
