import { limitOf } from '#core/extensions/quota.ts';
import type { AppSettings } from '#core/extensions/settings.ts';
import type { CleanupQueue } from '#core/files/cleanup-queue.ts';
import { AppError, type ErrorCode } from '#core/files/errors.ts';
import { idPattern } from '#core/files/ids.ts';
import { withRoom } from '#core/files/make-room.ts';
import type { Clock } from '#core/files/ports.ts';
import { countersOf, type ExtensionFile, isExpired } from '#core/files/record.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import type { CounterLimit, FileStore } from '#core/files/store.ts';
import { boundTo, type ClaimRecord, type ClaimTarget, claimIdOf } from './claim-record.ts';
import type { ClaimStore } from './claim-store.ts';
import { cleanDraft, discardAll } from './clean-draft.ts';
import { replacedBy } from './replaced.ts';
import { scanConfig } from './scan.ts';

export interface ClaimDeps {
  claims: ClaimStore;
  files: FileStore;
  clock: Clock;
  queue: CleanupQueue;
  scheduleDelete: (fileIds: string | string[]) => Promise<void>;
}

export interface ClaimRequest {
  appId: string;
  userId: string;
  target: ClaimTarget;
  config: unknown;
  replace?: boolean | undefined;
}

export interface ClaimAnswer {
  claimId: string;
  /** The config as it may be saved. */
  config: unknown;
  claimed: string[];
  deleted: string[];
}

/**
 * Binds every file a saved config references to its lock or template (docs/contract.md, "Claims"): all of them or none,
 * and the same claim again gives the same answer. With `replace`, what the target held by earlier claims and the config
 * no longer names is released with it. Then the draft's other staged files go.
 *
 * Throws `file_not_found`, `staged_file_expired`, `file_already_claimed` (with every failing file in `details.files`),
 * `extension_session_storage_quota_exceeded`, `not_found` when the target is deleted, `validation_failed`.
 */
export async function claimFiles(
  deps: ClaimDeps,
  asked: ClaimRequest,
  settings: () => Promise<AppSettings>,
): Promise<ClaimAnswer> {
  const request = { ...asked, target: targetOf(asked.target) };
  const { fileIds, draftId, config } = scanConfig(request.config);
  const id = claimIdOf({ ...request, fileIds, draftId });
  const answer = (deleted: string[]) => ({ claimId: id, config, claimed: fileIds, deleted: [...deleted].sort() });

  const earlier = await deps.claims.get(id);
  if (earlier !== undefined && (earlier.appId !== request.appId || earlier.userId !== request.userId)) {
    throw refusal(fileIds.map((fileId) => ({ fileId, code: 'file_not_found' })));
  }
  const stands = earlier?.state === 'claimed';
  // A config that replaces is looked at anew: others may have been saved since it was.
  const bound =
    stands && !request.replace ? nothingLeft : await bindAll(deps, { id, fileIds, draftId, request, settings });
  if (stands) await keepLast(deps.claims, earlier);
  if (stands && earlier.cleanedAt !== undefined) {
    return answer([...earlier.deletedIds, ...(await discardAll(deps, id, bound.left, 'unsaid'))]);
  }
  if (draftId === undefined && bound.left.length === 0) return answer(bound.released);
  const released = [...bound.released, ...(await discardAll(deps, id, bound.left, 'noted'))];
  if (draftId !== undefined) {
    const { appId, userId } = request;
    released.push(...(await cleanDraft(deps, { claimId: id, draftId, appId, userId, used: fileIds })));
  }
  return answer((await deps.claims.finish(id, deps.clock.now())) ?? released);
}

const targetOf = ({ type, id, sessionId }: ClaimTarget): ClaimTarget =>
  type === 'lock' ? { type, id, sessionId } : { type, id };

/** What a claim released as it was made, and what it had no room for in one transaction. */
interface Bound {
  released: string[];
  left: ExtensionFile[];
}

const nothingLeft: Bound = { released: [], left: [] };

/** A config that was saved before is saved again: it is what its target shows from now on. */
async function keepLast(claims: ClaimStore, claim: ClaimRecord): Promise<void> {
  if ((await claims.lastIdOf(claim)) !== claim.id) await claims.makeLast(claim);
}

async function bindAll(
  deps: ClaimDeps,
  claim: {
    id: string;
    fileIds: string[];
    draftId: string | undefined;
    request: ClaimRequest;
    settings: () => Promise<AppSettings>;
  },
): Promise<Bound> {
  const { appId, userId, target, replace } = claim.request;
  const bindOnce = async () => {
    const now = deps.clock.now();
    const [files, previousId] = await Promise.all([
      deps.claims.getFiles(claim.fileIds.filter((id) => idPattern.test(id))),
      deps.claims.lastIdOf({ appId, userId, target }),
    ]);
    const found = new Map(files.map((file) => [file.id, file]));
    const failures = claim.fileIds.flatMap((id) => failureOf(id, found.get(id), claim.request, now) ?? []);
    if (failures.length > 0) throw refusal(failures);

    const moves = files.flatMap((from) => {
      const to = boundTo(from, target, claim.id, now);
      return to === undefined ? [] : [{ from, to }];
    });
    const replaced = replace ? await replacedBy(deps, claim.request, { previousId, named: claim.fileIds }) : [];
    const most = Math.floor((maxTransactionItems - fixedItems - moves.length) / itemsPerRelease);
    const [released, left] = [replaced.slice(0, most), replaced.slice(most)];
    const deletedIds = released.map(({ id }) => id);
    const record: ClaimRecord = {
      id: claim.id,
      appId,
      userId,
      target,
      fileIds: claim.fileIds,
      state: 'claimed',
      deletedIds,
      ...(claim.draftId === undefined && left.length === 0 && { cleanedAt: now.toISOString() }),
      ...(previousId !== undefined && previousId !== claim.id && { previousId }),
      createdAt: now.toISOString(),
    };
    const joining = moves.filter(({ from, to }) => to.sessionId !== from.sessionId);
    const limits = joining[0] === undefined ? [] : sessionLimits(joining[0].to, await claim.settings());
    // What nobody will finish or save is in nobody's way.
    const bind = () => deps.claims.bind({ claim: record, moves, limits, released }, now);
    const { outcome } = await withRoom(deps, sumOf(joining.map(({ from }) => from)), bind);
    switch (outcome) {
      case 'bound':
        await deps.scheduleDelete(deletedIds);
        return { released: deletedIds, left };
      case 'repeated':
        return { released: [], left: replaced };
      case 'moved':
        return moved;
      case 'target_deleted':
        throw new AppError(
          'not_found',
          `The ${target.type} or its session is deleted, so nothing can be claimed for it.`,
        );
    }
  };
  return await retryOnMoved(bindOnce, { busy: 'The files are being changed by others. Try again.' });
}

/** Of DynamoDB. */
const maxTransactionItems = 100;
/** The claim, its target, the counters of the session and of the staging user. */
const fixedItems = 4;
/** The record, and the slice that counts it. */
const itemsPerRelease = 2;

/** Whatever a claim moves counts against the app already; a session is what it adds. */
function sessionLimits(bound: ExtensionFile, settings: AppSettings): CounterLimit[] {
  return countersOf(bound)
    .filter(({ kind }) => kind === 'session')
    .map((counter) => limitOf(counter, settings));
}

interface Failure {
  fileId: string;
  code: ErrorCode;
  /** What holds the file, by type only: nobody learns a stranger's ids. */
  heldBy?: 'lock' | 'template' | 'session';
}

function failureOf(
  fileId: string,
  file: ExtensionFile | undefined,
  request: ClaimRequest,
  now: Date,
): Failure | undefined {
  const { appId, userId, target } = request;
  if (file?.state !== 'ready' || file.appId !== appId || file.userId !== userId) {
    return { fileId, code: 'file_not_found' };
  }
  if (isExpired(file, now)) return { fileId, code: 'staged_file_expired' };
  if (file.staged) return undefined;
  const own = target.type === 'lock' ? file.lockId === target.id : file.templateId === target.id;
  if (own) return undefined;
  const heldBy = file.templateId !== undefined ? 'template' : file.claimIds === undefined ? 'session' : 'lock';
  return { fileId, code: 'file_already_claimed', heldBy };
}

const explanations: Partial<Record<ErrorCode, string>> = {
  file_not_found: 'A file of the config does not exist for this user and app. Remove it or upload it again.',
  staged_file_expired: 'A staged file of the config has expired. Upload it again.',
  file_already_claimed: 'A file of the config already belongs to something else. Upload a copy for this one.',
};

/** Told by its first failing file; all of them are in the details. */
function refusal(failures: Failure[]): AppError {
  const code = failures[0]?.code ?? 'file_not_found';
  return new AppError(code, explanations[code] ?? 'A file of the config cannot be claimed.', {
    details: { files: failures },
  });
}

const sumOf = (files: ExtensionFile[]) => files.reduce((sum, file) => sum + file.sizeBytes, 0);
