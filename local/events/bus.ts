/**
 * EventBridge as far as it takes events: PutEvents for the buses of the template, with the limits and refusals of the
 * service, entry by entry. The latest are kept for a developer to look at. Differs from AWS: rules of a bus are other
 * stacks' affair and none is evaluated; signatures are not verified; nothing is throttled unless a test says so.
 * Source: EventBridge API reference, PutEvents and PutEventsRequestEntry.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import * as z from 'zod';
import { aws, type Closable } from '../aws.ts';
import { type Broken, isBroken } from '../broken.ts';
import { type Authorizer, accessKeyIdOf } from '../iam/authorize.ts';
import { type JsonReply, serveJson } from '../json-server.ts';
import { closeServer, listen } from '../listen.ts';
import type { BusSpec } from '../template/model.ts';

/** An event as a rule would see it. */
export interface BusEvent {
  bus: string;
  id: string;
  source: string;
  detailType: string;
  time: string;
  detail: unknown;
}

/** Which entries of a call are refused, by their place, or the call as a whole. */
export type BusFault = { status: number; code: string } | { entries: number[] } | Broken;

export interface BusOptions {
  buses: BusSpec[];
  authorizer: Authorizer;
  host: string;
  port: number;
  /** Told of every event that was taken, in the order of the entries. */
  onEvent?: ((event: BusEvent) => void) | undefined;
  /** Asked before every call, to provoke faults. */
  intercept?: ((request: { entries: number }) => BusFault | undefined) | undefined;
}

export interface Bus extends Closable {
  port: number;
  endpoint: string;
  /** The latest, oldest first. */
  latest(): BusEvent[];
}

const keptEvents = 200;
const mostBytes = 262_144;

const entry = z.object({
  EventBusName: z.string().optional(),
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  Time: z.number().optional(),
  Resources: z.array(z.string()).optional(),
});
type Entry = z.infer<typeof entry>;
const request = z.object({ Entries: z.array(entry).min(1).max(10) });

/** Starts the endpoint. */
export async function startBus({ buses, authorizer, onEvent, intercept, ...at }: BusOptions): Promise<Bus> {
  const latest: BusEvent[] = [];

  function take(one: Entry): { EventId: string } {
    const event: BusEvent = {
      bus: nameOf(one),
      id: randomUUID(),
      source: one.Source ?? '',
      detailType: one.DetailType ?? '',
      time: new Date((one.Time ?? Date.now() / 1000) * 1000).toISOString(),
      detail: JSON.parse(one.Detail ?? '{}'),
    };
    latest.push(event);
    if (latest.length > keptEvents) latest.shift();
    onEvent?.(event);
    return { EventId: event.id };
  }

  async function answer(target: string, accessKeyId: string | undefined, body: unknown): Promise<JsonReply> {
    if (target !== 'AWSEvents.PutEvents') return failure('UnknownOperationException', `${target} is not known locally`);
    const parsed = request.safeParse(body);
    if (!parsed.success) return failure('ValidationException', parsed.error.issues[0]?.message ?? '');
    const { Entries } = parsed.data;
    const size = Entries.reduce((sum, one) => sum + sizeOf(one), 0);
    if (size > mostBytes)
      return failure('ValidationException', `Total size of the entries in the request is over the limit.`);
    for (const name of new Set(Entries.map(nameOf))) {
      const resource = `arn:${aws.partition}:events:${aws.region}:${aws.accountId}:event-bus/${name}`;
      if (!authorizer.isAllowed({ accessKeyId, action: 'events:PutEvents', resource })) {
        const who = authorizer.functionOf(accessKeyId);
        return failure('AccessDeniedException', `${who} is not authorized to perform: events:PutEvents on ${resource}`);
      }
      if (name !== 'default' && !buses.some((bus) => bus.name === name)) {
        return failure('ResourceNotFoundException', `Event bus ${name} does not exist.`);
      }
    }
    const fault = intercept?.({ entries: Entries.length });
    if (isBroken(fault)) return fault;
    if (fault && 'code' in fault) return failure(fault.code, 'Provoked for a test.', fault.status);
    const results = Entries.map((one, index) => {
      if (fault?.entries.includes(index)) return { ErrorCode: 'InternalFailure', ErrorMessage: 'Provoked for a test.' };
      return refusalOf(one) ?? take(one);
    });
    const FailedEntryCount = results.filter((result) => 'ErrorCode' in result).length;
    return { status: 200, body: { FailedEntryCount, Entries: results } };
  }

  const server = createServer((incoming, response) => {
    const { authorization, 'x-amz-target': target } = incoming.headers;
    serveJson(incoming, response, 'application/x-amz-json-1.1', (body) =>
      answer(String(target), accessKeyIdOf(authorization), body),
    );
  });
  const address = await listen(server, at);
  return { ...address, latest: () => [...latest], close: () => closeServer(server) };
}

const nameOf = ({ EventBusName = 'default' }: Entry) => EventBusName.split('event-bus/').at(-1) ?? '';

/** As the developer guide counts: 14 bytes for a time, and the texts in UTF-8 ("Calculating PutEvents event entry size"). */
const sizeOf = ({ Source = '', DetailType = '', Detail = '', Time, Resources = [] }: Entry) =>
  (Time === undefined ? 0 : 14) + Buffer.byteLength([Source, DetailType, Detail, ...Resources].join(''));

function refusalOf({ Source, DetailType, Detail }: Entry): { ErrorCode: string; ErrorMessage: string } | undefined {
  const refuse = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
  if (!Source)
    return refuse('InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.');
  if (Source.startsWith('aws.')) {
    return refuse('NotAuthorizedForSourceException', 'Not authorized for the source.');
  }
  if (!DetailType || DetailType.length > 128) return refuse('InvalidArgument', 'Parameter DetailType is not valid.');
  if (!Detail)
    return refuse('InvalidArgument', 'Parameter Detail is not valid. Reason: Detail is a required argument.');
  return isObject(Detail) ? undefined : refuse('MalformedDetail', 'Detail is malformed.');
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function failure(type: string, message: string, status = 400): JsonReply {
  return { status, body: { __type: type, message } };
}
