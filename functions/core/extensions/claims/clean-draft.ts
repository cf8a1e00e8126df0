import type { CleanupQueue } from '#core/files/cleanup-queue.ts';
import type { Clock } from '#core/files/ports.ts';
import type { ExtensionFile } from '#core/files/record.ts';
import type { FileStore } from '#core/files/store.ts';
import type { ClaimStore } from './claim-store.ts';

export interface DraftDeps {
  claims: ClaimStore;
  files: FileStore;
  clock: Clock;
  queue: CleanupQueue;
}

interface Scheduling extends DraftDeps {
  scheduleDelete: (fileIds: string[]) => Promise<void>;
}

interface Draft {
  claimId: string;
  draftId: string;
  appId: string;
  userId: string;
  /** What the config references. */
  used: string[];
}

/** With their slices, their alarms, the other counter and the claim so many fit a transaction of 100 items. */
const groupSize = 30;

/** Releases files in groups, for a claim that stands, and answers which: what moves meanwhile is left alone. */
export async function discardAll(
  deps: Scheduling,
  claimId: string,
  files: ExtensionFile[],
  how: 'noted' | 'unsaid',
): Promise<string[]> {
  const released: string[] = [];
  for (const group of groupsOf(files)) {
    const ids = await discard(deps, claimId, group, how);
    released.push(...ids);
    await deps.scheduleDelete(ids);
  }
  return released;
}

/**
 * Releases the draft's staged files that the config does not use, group by group, and answers which. One that is claimed
 * or deleted meanwhile is left alone. The claim stands already, so what cannot be released now is no reason to refuse it:
 * the rest goes by a message, and where that cannot be sent either by the files' own time.
 */
export async function cleanDraft(deps: Scheduling, draft: Draft): Promise<string[]> {
  const released: string[] = [];
  try {
    for (const group of groupsOf(await unusedOf(deps, draft))) {
      const ids = await discard(deps, draft.claimId, group, 'noted');
      released.push(...ids);
      await deps.scheduleDelete(ids);
    }
  } catch {
    const { claimId, draftId } = draft;
    await deps.queue.send({ type: 'draft.clean', claimId, draftId }).catch(() => undefined);
  }
  return released;
}

/** The same by a message, for a claim that was answered: what it says was deleted stays as it was said. */
export async function cleanDraftLater(
  deps: Scheduling,
  { claimId, draftId }: { claimId: string; draftId: string },
): Promise<void> {
  const claim = await deps.claims.get(claimId);
  if (claim?.state !== 'claimed') return;
  const { appId, userId, fileIds: used } = claim;
  await discardAll(deps, claimId, await unusedOf(deps, { claimId, draftId, appId, userId, used }), 'unsaid');
}

async function unusedOf({ files }: DraftDeps, { appId, userId, draftId, used }: Draft): Promise<ExtensionFile[]> {
  const kept = new Set(used);
  const staged = await files.listStaged(appId, userId);
  return staged.filter((file) => file.state === 'ready' && file.draftId === draftId && !kept.has(file.id));
}

/** A group at once where none of it moved meanwhile, else one by one, so that the others need not wait for that one. */
async function discard(
  { claims, clock }: DraftDeps,
  claimId: string,
  group: ExtensionFile[],
  how: 'noted' | 'unsaid',
): Promise<string[]> {
  const idOf = ({ id }: ExtensionFile) => id;
  if (await claims.discard(claimId, group, clock.now(), how)) return group.map(idOf);
  const released: string[] = [];
  for (const file of group.length > 1 ? group : []) {
    if (await claims.discard(claimId, [file], clock.now(), how)) released.push(file.id);
  }
  return released;
}

function groupsOf(files: ExtensionFile[]): ExtensionFile[][] {
  return Array.from({ length: Math.ceil(files.length / groupSize) }, (_, index) =>
    files.slice(index * groupSize, (index + 1) * groupSize),
  );
}
