/**
 * Prepares a parsed update so that dynalite applies it as the service does: every operand means the item as it was before
 * the update. dynalite copies by reference (`SET a = b ADD b :n` would change both) and removes list members one after
 * another (`REMOVE l[0], l[1]` would remove the first and the third).
 */
import { atPath, type Operand, type Path } from './conditions.ts';
import type { Body, Item } from './dynalite.ts';

interface Section {
  type: string;
  path: Path;
  val?: Operand;
}

function settleOperand(operand: Operand, item: Item): Operand {
  // A path to nothing stays, for dynalite to refuse in its words.
  if (Array.isArray(operand)) return structuredClone(atPath(operand, item)) ?? operand;
  if (!Array.isArray(operand.args)) return operand;
  const args = operand.args as Operand[];
  const [first, second] = args;
  if (operand.name === 'if_not_exists' && first && second) {
    return structuredClone(atPath(first as Path, item)) ?? settleOperand(second, item);
  }
  return { ...operand, args: args.map((arg) => settleOperand(arg, item)) };
}

const listPosition = ({ type, path }: Section) => {
  const last = path.at(-1);
  return type === 'remove' && typeof last === 'number' ? last : undefined;
};

/** Replaces the operands of `SET` by their values in `item`, and puts removals of list members last, from the end. */
export function settleUpdates(data: Body, item: Item): void {
  const updates = data._updates as { sections: Section[] } | undefined;
  if (!updates) return;
  for (const section of updates.sections) {
    if (section.type === 'set' && section.val) section.val = settleOperand(section.val, item);
  }
  updates.sections.sort((a, b) => {
    const [x, y] = [listPosition(a), listPosition(b)];
    if (x !== undefined && y !== undefined) return y - x;
    return Number(x !== undefined) - Number(y !== undefined);
  });
}
