import { type ClaimAnswer, claimFiles } from '#core/extensions/claims/claim.ts';
import { cleanDraftLater } from '#core/extensions/claims/clean-draft.ts';
import { rollBackClaim } from '#core/extensions/claims/roll-back.ts';
import { completeImage, presignImage } from '#core/extensions/direct-images.ts';
import { getSessionUpload, ownUpload, sessionUpload } from '#core/extensions/session-files.ts';
import { getDeletableFile } from '#core/extensions/staged-files.ts';
import { storeImage } from '#core/extensions/store-image.ts';
import { deleteFile } from '#core/files/delete.ts';
import { AppError } from '#core/files/errors.ts';
import type { PutOffer } from '#core/files/incoming.ts';
import type { ExtensionFile as FileRecord } from '#core/files/record.ts';
import { expireFile } from '#core/files/sweep.ts';
import { applyLifecycleEvent, type LifecycleEvent } from '#core/lifecycle/events.ts';
import { handleCleanup } from '#core/lifecycle/handle-cleanup.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { expiryHandler } from '#runtime/expiry-handler.ts';
import { appId, type Command, type SessionId, sessions, settings, type Target, type User } from './domain.ts';
import { imageOf } from './image.ts';
import type { Message, Ports, Run } from './run.ts';
import type { Step } from './turns.ts';

export interface ClaimRequest {
  user: User;
  target: Target;
  draftId: string | undefined;
  fileIds: string[];
  replace: boolean;
}

/** A command whose picks are made. */
export type Request =
  | Extract<Command, { kind: 'stage' | 'upload' | 'presign' | 'work' | 'expire' | 'schedule' }>
  | { kind: 'put'; file: FileRecord; offer: PutOffer; storedSize: number }
  | { kind: 'complete'; file: FileRecord }
  | ({ kind: 'claim' } & ClaimRequest)
  | { kind: 'rollBack'; claimId: string }
  | { kind: 'delete'; file: FileRecord }
  | { kind: 'event'; event: LifecycleEvent; direct: boolean };

/** What whoever asked is told. */
export type Answer =
  | { ok: true; fileId?: string; offer?: PutOffer; claim?: ClaimAnswer }
  | { ok: false; code: string; details: Record<string, unknown> | undefined };

/** Does what is asked with ports that may be interrupted. A refusal is an answer; anything else that is thrown is a bug. */
export async function perform(run: Run, ports: Ports, step: Step, request: Request): Promise<Answer> {
  try {
    return { ok: true, ...(await carryOut(run, ports, step, request)) };
  } catch (error) {
    if (error instanceof AppError && error.code !== 'internal_error') {
      return { ok: false, code: error.code, details: error.details };
    }
    throw error;
  }
}

async function carryOut(
  run: Run,
  ports: Ports,
  step: Step,
  request: Request,
): Promise<{ fileId?: string; offer?: PutOffer; claim?: ClaimAnswer }> {
  switch (request.kind) {
    case 'stage':
    case 'upload': {
      const upload = { target: targetOf(request), bytes: imageOf(request.size, request.size), originalName: 'a.jpg' };
      return { fileId: (await storeImage(ports, upload, settings)).id };
    }
    case 'presign': {
      const declared = { mimeType: 'image/jpeg', sizeBytes: request.size, originalName: 'a.jpg' };
      const { uploadId, ...offer } = await presignImage(ports, { target: targetOf(request), ...declared }, settings);
      return { fileId: uploadId, offer };
    }
    case 'put': {
      const { uploadUrl, headers } = request.offer;
      const body = new Uint8Array(imageOf(request.file.incoming?.sizeBytes ?? 0, request.storedSize));
      const { status } = await step('r2 client PUT', () => fetch(uploadUrl, { method: 'PUT', headers, body }));
      if (![200, 400, 403, 412].includes(status)) throw new Error(`A presigned PUT was answered ${status}`);
      return {};
    }
    case 'complete': {
      const authorize = request.file.staged
        ? ownUpload(ports, { appId, userId: request.file.userId })
        : sessionUpload(ports, callerOf(request.file));
      return { fileId: (await completeImage(ports, { uploadId: request.file.id, authorize }, settings)).id };
    }
    case 'claim': {
      const { user, target, replace } = request;
      const body = { appId, userId: user, target, config: configOf(request), replace };
      return { claim: await claimFiles(ports, body, async () => settings) };
    }
    case 'rollBack':
      await rollBackClaim(ports, request.claimId);
      return {};
    case 'delete': {
      const { file } = request;
      const owner = { appId, userId: file.userId };
      await deleteFile(ports, () =>
        file.staged || file.sessionId === undefined
          ? getDeletableFile(ports, owner, file.id)
          : getSessionUpload(ports, callerOf(file), file.id),
      );
      return {};
    }
    case 'event':
      if (request.direct) await applyLifecycleEvent(ports, request.event);
      else await run.sendEvent(request.event);
      return {};
    case 'work':
      for (let polls = 8, taken = 0; polls > 0 && taken < 3; polls -= 1) {
        if (await poll(run, ports, step, request)) taken += 1;
      }
      return {};
    case 'expire':
      await expire(run, ports);
      return {};
    case 'schedule': {
      const report = await reconcile(ports, { dryRun: false, budgetMs: 3_600_000, everyObject: true });
      if (report.counterDrift.length > 0) throw new Error(`Counters drifted: ${JSON.stringify(report.counterDrift)}`);
      return {};
    }
  }
}

/** A worker takes a message, if there is one by now. Kept, it comes again. */
async function poll(
  run: Run,
  ports: Ports,
  step: Step,
  { pick, keep }: Extract<Command, { kind: 'work' }>,
): Promise<boolean> {
  const message = await step('receive', async () => {
    const due = run.messages.filter((each) => each.dueAt <= run.time.now || !waitsForItsTime(each));
    return due[pick % Math.max(1, due.length)];
  });
  if (message === undefined) return false;
  await work(ports, message);
  if (!keep && run.messages.includes(message)) run.messages.splice(run.messages.indexOf(message), 1);
  return true;
}

/** The second look at a scope waits for indexes that lag, and these do not; other delays wait for what may still come. */
const waitsForItsTime = ({ body }: Message) => body.type !== 'scope.clean';

/** One delivery of a queue message. */
export async function work(ports: Ports, message: Message): Promise<void> {
  const cleanDraft = (left: { claimId: string; draftId: string }) => cleanDraftLater(ports, left);
  if (message.queue === 'cleanup') await handleCleanup({ ...ports, cleanDraft }, message.body);
  else await applyLifecycleEvent(ports, message.body);
}

/** One delivery of the stream records there are; what is not acknowledged comes again. */
export async function expire(run: Run, ports: Ports): Promise<void> {
  const records = [...run.expired];
  const handler = expiryHandler((fileId) => expireFile(ports, fileId));
  const { batchItemFailures } = await handler({ Records: records });
  if (batchItemFailures.length > 0) throw new Error('The expiry worker failed');
  run.expired.splice(0, run.expired.length, ...run.expired.filter((record) => !records.includes(record)));
}

/** A config as a setup screen would save it. */
function configOf({ draftId, fileIds }: ClaimRequest): unknown {
  const fields = fileIds.map((fileId) => ({ provider: 'chastify_storage', fileId, signedUrl: 'https://r2.example/x' }));
  return { storageDraftId: draftId, fields };
}

function targetOf(request: Extract<Command, { kind: 'stage' | 'upload' | 'presign' }>) {
  const userId = request.user;
  if (request.kind !== 'stage' && request.sessionId !== undefined) {
    return {
      kind: 'session',
      appId,
      userId,
      sessionId: request.sessionId,
      lockId: sessions[request.sessionId],
    } as const;
  }
  const draftId = request.kind === 'stage' ? request.draftId : undefined;
  return { kind: 'setup', appId, userId, ...(draftId !== undefined && { draftId }) } as const;
}

function callerOf({ userId, sessionId = '', lockId = '' }: FileRecord) {
  return { appId, userId, sessionId: sessionId as SessionId, lockId };
}
