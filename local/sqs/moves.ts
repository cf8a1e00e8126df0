/**
 * Moving dead letters back to the queue they failed in. It takes a moment, during which the caller has its answer already, as
 * at AWS; all of them are moved in one step, and each is a new message. Differs from AWS: no speed, no cancelling, no other
 * destination. Sources: SQS API reference, StartMessageMoveTask and ListMessageMoveTasks; SQS developer guide, "Learn how to
 * configure a dead-letter queue redrive".
 */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { QueueSpec } from '../template/model.ts';
import { SqsError } from './errors.ts';
import type { QueueStore } from './store.ts';

/** What a move does in the caller's name, beside starting it. */
const actionsOnSource = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

const afterMs = 50;

interface Task {
  handle: string;
  startedAt: number;
  total: number;
  moved: number;
  done: boolean;
}

export interface Moves {
  start(source: QueueSpec, may: (action: string, arn: string) => boolean): Record<string, unknown>;
  list(source: QueueSpec, body: unknown): Record<string, unknown>;
  /** What has not begun is left undone. */
  close(): void;
}

export function createMoves({ queues, store }: { queues: readonly QueueSpec[]; store: QueueStore }): Moves {
  const tasks = new Map<string, Task[]>();
  const timers = new Set<NodeJS.Timeout>();

  function destinationOf(source: QueueSpec): QueueSpec {
    const found = queues.find(({ redrive }) => redrive?.deadLetterArn === source.arn);
    if (found) return found;
    throw new SqsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
  }

  return {
    start(source, may) {
      const destination = destinationOf(source);
      const denied = [
        ...actionsOnSource.map((action) => [action, source.arn] as const),
        ['sqs:SendMessage', destination.arn] as const,
      ].find(([action, arn]) => !may(action, arn));
      if (denied) throw new SqsError('AccessDenied', `A move needs ${denied[0]} on ${denied[1]}`, 403);
      const earlier = tasks.get(source.arn) ?? [];
      if (earlier.some(({ done }) => !done)) {
        throw new SqsError('UnsupportedOperation', 'There is already a task running for this source queue.');
      }
      const { visible, invisible, delayed } = store.counts(source);
      const total = visible + invisible + delayed;
      const task: Task = { handle: randomUUID(), startedAt: Date.now(), total, moved: 0, done: false };
      tasks.set(source.arn, [task, ...earlier].slice(0, 10));
      const timer = setTimeout(() => {
        timers.delete(timer);
        task.moved = store.move(source, destination);
        task.done = true;
      }, afterMs);
      timers.add(timer);
      return { TaskHandle: task.handle };
    },
    list(source, body) {
      const { MaxResults } = z.looseObject({ MaxResults: z.int().min(1).max(10).default(1) }).parse(body);
      const destination = destinationOf(source);
      const Results = (tasks.get(source.arn) ?? []).slice(0, MaxResults).map((task) => ({
        ...(!task.done && { TaskHandle: task.handle }),
        Status: task.done ? 'COMPLETED' : 'RUNNING',
        SourceArn: source.arn,
        DestinationArn: destination.arn,
        ApproximateNumberOfMessagesMoved: task.moved,
        ApproximateNumberOfMessagesToMove: task.total,
        StartedTimestamp: task.startedAt,
      }));
      return { Results };
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
