import { changeIn } from '#adapters/dynamo/changes.ts';
import type { FileEvent } from '#core/events/event.ts';
import { eventOf } from '#core/events/of-change.ts';
import type { ChangeReader } from '#local/dynamo/server.ts';

/** What a listener of a table would hear: its stream read as the worker of events reads it, in the order of the writes. */
export function listen(): { reader: ChangeReader; events: FileEvent[] } {
  const events: FileEvent[] = [];
  const reader: ChangeReader = {
    name: 'listener',
    wants: ({ dynamodb }) => dynamodb?.Keys?.sk?.S === 'FILE' && dynamodb.NewImage !== undefined,
    async take(records) {
      for (const { dynamodb } of records) {
        const event = eventOf(changeIn(dynamodb ?? {}), 'stowage.test');
        if (event !== undefined) events.push(event);
      }
    },
  };
  return { reader, events };
}
