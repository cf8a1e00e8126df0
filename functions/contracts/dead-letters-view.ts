import * as z from 'zod/mini';
import type { DeadLetterQueue, DeadMessage, MoveTask } from '#core/operations/dead-letters.ts';
import { checked } from './checked.ts';

const text = z.string();

export const deadLetterParams = z.object({
  queue: checked(text, z.regex(/^[a-z0-9-]{1,64}$/, 'must be a name that the list of dead letters gives')),
});

export const moveTaskAnswer = z.object({
  status: z.enum(['running', 'completed', 'cancelled', 'failed']),
  moved: z.number(),
  total: z.nullable(z.number()),
});

export const deadLetterAnswer = z.object({
  name: text,
  host: z.nullable(text),
  messages: z.number(),
  redrivable: z.boolean(),
  task: z.nullable(moveTaskAnswer),
});
export const deadLettersAnswer = z.object({ queues: z.array(deadLetterAnswer) });

export const deadMessageAnswer = z.object({ id: text, sentAt: text, receiveCount: z.number(), body: text });
export const deadMessagesAnswer = z.object({ messages: z.array(deadMessageAnswer) });

export const moveTaskView = ({ status, moved, total }: MoveTask): z.output<typeof moveTaskAnswer> => ({
  status,
  moved,
  total: total ?? null,
});

export const deadLettersView = (
  queues: (DeadLetterQueue & { messages: number; task?: MoveTask })[],
): z.output<typeof deadLettersAnswer> => ({
  queues: queues.map(({ name, host, messages, redrivable, task }) => ({
    name,
    host: host ?? null,
    messages,
    redrivable,
    task: task ? moveTaskView(task) : null,
  })),
});

export const deadMessagesView = (messages: DeadMessage[]): z.output<typeof deadMessagesAnswer> => ({
  messages: messages.map(({ sentAt, ...message }) => ({ ...message, sentAt: sentAt.toISOString() })),
});
