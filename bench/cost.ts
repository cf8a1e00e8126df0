import { costsOf } from '#test/support/costs.ts';
import type { Units } from '#test/support/units.ts';
import { startWorld } from '#test/support/world.ts';
import { report } from './support/sides.ts';

/**
 * What a million requests of an extension cost, from the request units and operations that one of each consumes. List
 * prices in dollars of us-east-1 and of R2, as of 2025; the function's own time is an assumption, as the network between
 * Lambda and R2 is in it.
 */
const prices = {
  // Of a million.
  readUnits: 0.125,
  writeUnits: 0.625,
  classA: 4.5,
  classB: 0.36,
  messages: 0.4,
  requests: 1,
  invocations: 0.2,
  // arm64, a second of a GiB.
  gibSecond: 0.0000133334,
};

/** Milliseconds a function is taken for, and its memory in MiB. */
const image = { ms: 400, mib: 1769 };
const other = { ms: 60, mib: 512 };
const worker = { ms: 100, mib: 512 };

const time: Record<string, { ms: number; mib: number }> = {
  'form upload into a session': image,
  'form upload that is staged': image,
  'completion of a direct upload': image,
  'its clean-up': worker,
};

/** A message is sent, received and deleted. */
const callsOfMessage = 3;

function dollars(name: string, { read, write, r2, messages }: Units): Record<string, number> {
  const { ms, mib } = time[name] ?? other;
  const table = read * prices.readUnits + write * prices.writeUnits;
  const bucket = r2.classA * prices.classA + r2.classB * prices.classB;
  const lambda = prices.invocations + ms * 1000 * (mib / 1024) * prices.gibSecond;
  const gateway = name === 'its clean-up' ? 0 : prices.requests;
  const queue = messages * callsOfMessage * prices.messages;
  const all = table + bucket + lambda + gateway + queue;
  return { 'DynamoDB $': table, 'R2 $': bucket, 'Lambda $': lambda, 'API, SQS $': gateway + queue, 'all $': all };
}

const world = await startWorld();
const costs = await costsOf(world);
await world.close();
report(
  'a million of each',
  Object.fromEntries(
    Object.entries(costs).map(([name, units]) => [
      name,
      { 'read units': units.read, 'write units': units.write, ...dollars(name, units) },
    ]),
  ),
);
process.exit();
