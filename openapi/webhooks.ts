/** What Stowage posts by itself, as the document's `webhooks`: one for each event (docs/contract.md, "Webhooks"). */
import { events } from '../functions/contracts/events.ts';
import type { EventType } from '../functions/core/events/event.ts';
import { eventExamples } from './examples/events.ts';
import type { Json } from './json.ts';
import type { Schemas } from './schemas.ts';

export const eventsTag = {
  name: 'events',
  description: 'What a stage posts to the webhooks of its settings, signed as Standard Webhooks says, at least once.',
};

const told: Record<EventType, { summary: string; description: string }> = {
  'file.ready': {
    summary: 'A file is stored and given out',
    description:
      'After its upload, after a clean verdict where files are scanned, and again when an upload that was deleted is restored.',
  },
  'file.claimed': {
    summary: 'A staged file got a lock or template',
    description: 'Also told when what an extension file lives with changed, as by a claim that names its session.',
  },
  'file.released': {
    summary: 'A claim was taken back',
    description: 'The file is staged again. `data` tells what it lived with before.',
  },
  'file.deleted': {
    summary: 'A file is no longer given out',
    description:
      'Of a file that was ready; an upload from its deletion on, not from the end of its grace period. `data` tells what it lived with before.',
  },
  'quota.near': {
    summary: 'An app fills up',
    description: 'It passed 80 or 95 percent of its limit on its way up. Again only after it fell five percent below.',
  },
};

const header = (name: string, description: string, schema: Json, example: string): Json => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string', ...schema },
  example,
});

const signature = 'v1,[A-Za-z0-9+/]{43}=';

const headersOf = (id: string): Json[] => [
  header('webhook-id', "The event's `id`, the same at every try: skip what you have seen.", {}, id),
  header('webhook-timestamp', 'Seconds since 1970 of this try.', { pattern: '^[0-9]{1,12}$' }, '1795168800'),
  header(
    'webhook-signature',
    'HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>` by the secret, in base64. Two with a blank between while the secret is rotated: one that is right is enough.',
    { pattern: `^${signature}( ${signature})?$` },
    'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  ),
];

const responses: Json = {
  '2XX': { description: 'Taken. Put the event aside and answer within ten seconds.' },
  '4XX': {
    description:
      'Not taken, as anything but 2xx, redirects among it: tried again, twelve times in all over some 15 hours. `retry-after` in seconds is kept to.',
  },
};

/** The name of the function that generators make: `file.ready` is `onFileReady`. */
const operationIdOf = (type: EventType) => `on.${type}`.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase());

/** The document's `webhooks`, by the type of the event. */
export function webhooksOf(schemas: Schemas): Record<EventType, Json> {
  const entries = Object.entries(events).map(([name, event]) => {
    const type = name as EventType;
    const example = eventExamples[type];
    const schema = schemas.ofAnswer(event);
    const post = {
      operationId: operationIdOf(type),
      tags: [eventsTag.name],
      ...told[type],
      security: [],
      parameters: headersOf(example.id),
      requestBody: { required: true, content: { 'application/json': { schema, example } } },
      responses,
    };
    return [type, { post }];
  });
  return Object.fromEntries(entries) as Record<EventType, Json>;
}
