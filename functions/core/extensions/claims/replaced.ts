import { type ExtensionFile, holderOf, isOf } from '#core/files/record.ts';
import type { FileStore } from '#core/files/store.ts';
import type { Claimant, ClaimStore } from './claim-store.ts';

/** Files read at a time from the list of a lock, where those of its sessions lie, too. */
const pageSize = 500;

/**
 * What a target holds by claims of this user and app, and a config that replaces the others does not name: of the config
 * that was saved last by its own claim, which is never behind, and of any before it by the target's list.
 */
export async function replacedBy(
  { claims, files }: { claims: ClaimStore; files: FileStore },
  claimant: Claimant,
  { previousId, named }: { previousId: string | undefined; named: string[] },
): Promise<ExtensionFile[]> {
  const last = previousId === undefined ? undefined : await claims.get(previousId);
  const held = await listHeld(files, claimant);
  const listed = new Set(held.map(({ id }) => id));
  const missing = (last?.fileIds ?? []).filter((id) => !listed.has(id));
  const kept = new Set(named);
  // Records of an index may be behind what is decided on them.
  const current = await claims.getFiles([...listed, ...missing].filter((id) => !kept.has(id)));
  return current.filter((file) => isClaimedFor(file, claimant));
}

/** Bound by a claim, not uploaded where it is. */
function isClaimedFor(file: ExtensionFile, { appId, userId, target }: Claimant): boolean {
  const holder = holderOf(file);
  return (
    file.state === 'ready' &&
    file.claimIds !== undefined &&
    file.appId === appId &&
    file.userId === userId &&
    holder?.type === target.type &&
    holder.id === target.id
  );
}

async function listHeld(files: FileStore, claimant: Claimant): Promise<ExtensionFile[]> {
  const { type, id } = claimant.target;
  const scope =
    type === 'lock' ? ({ kind: 'lock', lockId: id } as const) : ({ kind: 'template', templateId: id } as const);
  const held: ExtensionFile[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const page = await files.listByScope(scope, { limit: pageSize, cursor });
    held.push(...page.items.filter((file) => isOf('extension', file)).filter((file) => isClaimedFor(file, claimant)));
    cursor = page.cursor;
  }
  return held;
}
