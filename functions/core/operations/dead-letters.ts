/** Messages that failed for good: what an administrator sees of them, and how they are worked on again. */
import { type AuditLog, type Author, auditEntry } from '#core/files/audit.ts';
import { AppError } from '#core/files/errors.ts';

/** One move of messages back to where they came from. */
export interface MoveTask {
  status: 'running' | 'completed' | 'cancelled' | 'failed';
  /** As far as the queue knows. */
  moved: number;
  /** How many there were; the queue may not know. */
  total?: number;
}

export interface DeadLetterQueue {
  name: string;
  /** Where its messages are posted, of a webhook. */
  host?: string;
  /** False for notes of a stream's failures, which are nobody's messages. */
  redrivable: boolean;
}

export interface DeadMessage {
  id: string;
  sentAt: Date;
  /** Looks at it, this one included. */
  receiveCount: number;
  body: string;
}

/** Every method rejects with `temporarily_unavailable` where the queue does not answer. */
export interface DeadLetters {
  readonly queues: readonly DeadLetterQueue[];
  /** About how many messages, and the last move of them. */
  state(queue: DeadLetterQueue): Promise<{ messages: number; task?: MoveTask }>;
  /** Ten messages at most; takes none away. */
  look(queue: DeadLetterQueue): Promise<DeadMessage[]>;
  /** Begins to move all of them, or answers the move that is under way. */
  redrive(queue: DeadLetterQueue): Promise<MoveTask>;
}

/** Every queue of dead letters that the stage has, each with how full it is. */
export async function listDeadLetters({ deadLetters }: { deadLetters: DeadLetters }) {
  return await Promise.all(
    deadLetters.queues.map(async (queue) => ({ ...queue, ...(await deadLetters.state(queue)) })),
  );
}

/** What lies in one of them. Throws `not_found` for a name that no queue has. */
export async function lookAtDeadLetters({ deadLetters }: { deadLetters: DeadLetters }, name: string) {
  return await deadLetters.look(queueOf(deadLetters, name));
}

/**
 * Sends all messages of one back to its queue, where each may run again. Written down before it begins, since it is no
 * write of the table. Throws `not_found` for a name that no queue has, `validation_failed` for notes.
 */
export async function redriveDeadLetters(
  { deadLetters, audit }: { deadLetters: DeadLetters; audit: Pick<AuditLog, 'note'> },
  { name, author }: { name: string; author: Author },
): Promise<MoveTask> {
  const queue = queueOf(deadLetters, name);
  if (!queue.redrivable) {
    const message = 'holds notes of where records of a stream were: mend the cause, then purge it';
    throw new AppError('validation_failed', `The queue ${name} cannot be redriven: it ${message}.`, {
      details: { issues: [{ path: 'queue', message }] },
    });
  }
  await audit.note(auditEntry(author, { action: 'dead_letters.redriven', subject: { type: 'queue', id: name } }));
  return await deadLetters.redrive(queue);
}

function queueOf({ queues }: DeadLetters, name: string): DeadLetterQueue {
  const queue = queues.find((one) => one.name === name);
  if (queue === undefined) throw new AppError('not_found', 'No queue of dead letters has this name.');
  return queue;
}
