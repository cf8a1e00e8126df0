import { expect } from 'vitest';
import { costsOf } from '#test/support/costs.ts';
import type { Units } from '#test/support/units.ts';
import { worldTest as it, world } from '#test/support/world-test.ts';

let costs: Record<string, Units>;

it.beforeAll(async () => {
  costs = await costsOf(world);
});

/**
 * The least that the invariants allow (docs/decisions/003-single-table.md). Transactions count
 * twice, indexes once.
 */
const writes: Record<string, number> = {
  'form upload into a session': 2 + 4 + 2 * 2 + 2 + (1 + 2),
  'form upload that is staged': 2 + 3 + 2 * 2 + 2 + (1 + 3),
  'presign of a direct upload': 2 + 4 + 2 * 2 + 2 + 2,
  'completion of a direct upload': 2 + 3 + 2 * 2 + 2 + 3,
  'claim of a staged file': 2 + 3 + 2 + 2 + 2,
  deletion: 2 + 4 + 2 * 2,
  'its clean-up': 1 + 1,
  'read of a file': 0,
  'list of a session': 0,
};

it('writes no item and no index that an invariant does not need', () => {
  expect(Object.fromEntries(Object.entries(costs).map(([name, { write }]) => [name, write]))).toEqual(writes);
});

it('reads a record that is deleted once in the request and once in the clean-up', () => {
  expect([costs.deletion?.read, costs['its clean-up']?.read]).toEqual([2, 1]);
});

it('asks R2 for one operation that is charged an upload, and for none that is charged a deletion', () => {
  expect(costs['form upload into a session']?.r2).toEqual({ classA: 1, classB: 0, free: 0 });
  expect(costs['its clean-up']?.r2).toEqual({ classA: 0, classB: 0, free: 1 });
});
