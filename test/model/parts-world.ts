/** Uploads in parts as the model sees them: what may be asked, who was told what, and what must hold. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { AppError } from '#core/files/errors.ts';
import { isIncomingKey } from '#core/files/ids.ts';
import type { UploadFile } from '#core/files/record.ts';
import { reconcile } from '#core/reconcile/reconcile.ts';
import { completeDirectUpload } from '#core/uploads/direct-upload.ts';
import { deleteUpload } from '#core/uploads/own-uploads.ts';
import { nextParts, type PartsOffer, presignParts } from '#core/uploads/part-upload.ts';
import { defaultUploadSettings } from '#core/uploads/settings.ts';
import { allItems } from '#test/support/tables.ts';
import { expire, work } from './perform.ts';
import type { Ports, Run } from './run.ts';
import type { Step } from './turns.ts';

export type PartCommand =
  | { kind: 'presign'; key: number; sizeBytes: number }
  | { kind: 'ask' | 'complete' | 'delete'; pick: number }
  | { kind: 'put'; pick: number; part: number; fill: number }
  | { kind: 'work' | 'expire' | 'schedule' };

const MiB = 1_048_576;
/** Mostly one part, which is quick; R2 wants every part but the last to have 5 MiB. */
const sizeBytes = fc.constantFrom(10, 10, 10, 5 * MiB + 10);
const pick = fc.nat(3);
const key = fc.constantFrom(0, 0, 1);

export const partCommand: fc.Arbitrary<PartCommand> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('presign' as const), key, sizeBytes }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ask' as const), pick }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), pick, part: fc.nat(1), fill: fc.nat(255) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('complete' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('work' as const, 'expire' as const, 'schedule' as const) }),
  },
);

const settings = { ...defaultUploadSettings, graceSeconds: 3600 };
const userId = 'ann';

/** What one history's clients remember. */
export function createClients(run: Run) {
  const offers = new Map<string, PartsOffer>();
  /** What the bytes of a file were when it was first seen ready. */
  const seen = new Map<string, string>();
  const deleted = new Set<string>();
  /** Told to be stored, while nobody deletes it. */
  const stored = new Set<string>();

  const chosen = (pickOf: number) => [...offers.keys()][pickOf % Math.max(1, offers.size)];

  /** Does one command; a refusal is an answer, anything else that is thrown a fault. */
  async function perform(ports: Ports, step: Step, command: PartCommand): Promise<void> {
    try {
      await carryOut(ports, step, command);
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'internal_error') throw error;
    }
  }

  async function carryOut(ports: Ports, step: Step, command: PartCommand): Promise<void> {
    const uploadId = 'pick' in command ? chosen(command.pick) : undefined;
    switch (command.kind) {
      case 'presign': {
        const idempotency = { id: `key ${command.key} ${command.sizeBytes}`, contentHash: 'same' };
        const declared = { mimeType: 'application/octet-stream', sizeBytes: command.sizeBytes, originalName: 'a.bin' };
        const request = { userId, visibility: 'private', ...declared, idempotency } as const;
        const offer = await presignParts(ports, request, settings);
        offers.set(offer.uploadId, { ...offer, parts: [...offer.parts, ...(offers.get(offer.uploadId)?.parts ?? [])] });
        return;
      }
      case 'ask':
        if (uploadId !== undefined) await nextParts(ports, { uploadId, userId });
        return;
      case 'put': {
        const offer = offers.get(uploadId ?? '');
        const part = offer?.parts.find(({ number }) => number === command.part + 1);
        if (part === undefined) return;
        const body = new Uint8Array(part.contentLength).fill(command.fill);
        const { status } = await step('client PUT', () => fetch(part.uploadUrl, { method: 'PUT', body }));
        if (![200, 403, 404].includes(status)) throw new Error(`A PUT of a part was answered ${status}`);
        return;
      }
      case 'complete':
        if (uploadId === undefined) return;
        await completeDirectUpload(ports, { uploadId, userId }, settings);
        stored.add(uploadId);
        return;
      case 'delete':
        if (uploadId === undefined) return;
        deleted.add(uploadId);
        await deleteUpload(ports, { userId, fileId: uploadId }, settings);
        return;
      case 'work': {
        const message = await step('receive', async () => run.messages.shift());
        // Taken and not acknowledged, it comes again.
        if (message !== undefined) run.messages.push(message);
        if (message !== undefined) await work(ports, message);
        return;
      }
      case 'expire':
        return await expire(run, ports);
      case 'schedule':
        await reconcile(ports, { dryRun: false, budgetMs: 3_600_000, everyObject: true });
    }
  }

  /** What does not hold now; `atRest`: when nothing is left to do, and every upload's time is over. */
  async function broken(atRest: boolean): Promise<string[]> {
    await run.settleIndexes();
    const items = await allItems(run.table);
    const files = items.filter(({ sk }) => sk === 'FILE') as unknown as UploadFile[];
    const markers = items.filter(({ sk }) => sk === 'INCOMING') as unknown as { incoming: { key: string } }[];
    const { objects } = await run.lister.list('default', {});
    const { uploads } = await run.lister.listUploads('default', {});
    const known = new Set([
      ...files.flatMap(({ key: own, incoming }) => [own, incoming?.key]),
      ...markers.map(({ incoming }) => incoming.key),
    ]);
    const faults: string[] = [];
    for (const { key: found } of objects) {
      if (found.startsWith('.stowage/')) continue;
      if (!known.has(found)) faults.push(`object ${found} has neither record nor marker`);
      if (atRest && isIncomingKey(found)) faults.push(`object ${found} is left`);
    }
    for (const { key: found } of uploads) {
      if (!known.has(found)) faults.push(`an upload in parts at ${found} has neither record nor marker`);
      if (atRest) faults.push(`an upload in parts at ${found} is left`);
    }
    for (const file of files.filter(({ state }) => state === 'ready')) faults.push(...(await faultsOf(file)));
    for (const id of stored) {
      const isThere = files.some((file) => file.id === id && file.state === 'ready');
      if (!isThere && !deleted.has(id)) faults.push(`file ${id} was said to be stored, and is gone`);
    }
    if (atRest) {
      faults.push(
        ...files.filter(({ state }) => state !== 'ready').map(({ id, state }) => `file ${id} is ${state} at rest`),
      );
      if (markers.length > 0) faults.push('markers are left');
    }
    return faults;
  }

  async function faultsOf(file: UploadFile): Promise<string[]> {
    const { id, sizeBytes: size } = file;
    const bytes = await run.objects.get({ bucket: 'default', key: file.key }, { maxBytes: size + 1 });
    if (bytes?.byteLength !== size) return [`file ${id} is ready with ${bytes?.byteLength} of its ${size} bytes`];
    const hash = createHash('sha256').update(bytes).digest('hex');
    const before = seen.get(id) ?? hash;
    seen.set(id, before);
    const isMixed = [bytes.subarray(0, 5 * MiB), bytes.subarray(5 * MiB)].some((part) => new Set(part).size > 1);
    return [
      ...(before === hash ? [] : [`file ${id} changed its bytes`]),
      ...(isMixed ? [`a part of file ${id} is of two PUTs`] : []),
    ];
  }

  return { perform, broken };
}
