import type { World } from './world.ts';

/** What a piece of work consumed: DynamoDB's request units, R2's operations by class, messages of the queue. */
export interface Units {
  read: number;
  write: number;
  r2: { classA: number; classB: number; free: number };
  messages: number;
}

const reads = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);
/** Source: Cloudflare, "R2 pricing": deleting is free. */
const classB = new Set(['GetObject', 'HeadObject', 'HeadBucket']);
const free = new Set(['DeleteObject', 'DeleteObjects']);

interface Consumed {
  ConsumedCapacity?: { CapacityUnits?: number } | { CapacityUnits?: number }[];
}

/**
 * Counts what work on a world consumes, as DynamoDB itself tells it in `ConsumedCapacity`; R2 tells no more than which
 * operation it was.
 */
export function unitCounter(world: World): (work: () => Promise<unknown>) => Promise<Units> {
  const taken = { read: 0, write: 0 };
  world.table.documents.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = (context.commandName ?? '').replace('Command', '');
      const input = { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as typeof args.input;
      const answer = await next({ ...args, input });
      const { ConsumedCapacity } = answer.output as Consumed;
      const sum = [ConsumedCapacity ?? []].flat().reduce((total, { CapacityUnits = 0 }) => total + CapacityUnits, 0);
      taken[reads.has(operation) ? 'read' : 'write'] += sum;
      return answer;
    },
    { step: 'initialize', name: 'countUnits', priority: 'low' },
  );
  return async (work) => {
    const [read, write, calls, messages] = [taken.read, taken.write, world.calls.length, world.messages.length];
    await work();
    const operations = world.calls.slice(calls).filter((call) => call.startsWith('r2 '));
    const names = operations.map((call) => call.slice('r2 '.length));
    const count = (is: (name: string) => boolean) => names.filter(is).length;
    return {
      read: taken.read - read,
      write: taken.write - write,
      r2: {
        classA: count((name) => !classB.has(name) && !free.has(name)),
        classB: count((name) => classB.has(name)),
        free: count((name) => free.has(name)),
      },
      messages: Math.max(0, world.messages.length - messages),
    };
  };
}
