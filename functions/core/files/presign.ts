import { AppError } from './errors.ts';
import { completeWithinMs, type Declared, offerPut, type PutOffer, renewOffer } from './incoming.ts';
import { type NewFile, pendingRecord } from './pending.ts';
import type { Clock, UrlSigner } from './ports.ts';
import type { FileRecord } from './record.ts';
import type { IsOwn } from './replay.ts';
import { type Earlier, type Reservation, requireSameContent, reserve } from './reserve.ts';
import type { FileStore, IdempotencyClaim } from './store.ts';

export type Presigned = { uploadId: string } & PutOffer;

export interface PresignDeps {
  files: FileStore;
  signer: UrlSigner;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

/** A new direct upload and its pending record, before anything is written. */
export interface Begun<F extends FileRecord> {
  file: F;
  upload: Presigned;
}

/**
 * A direct upload (docs/contract.md, "Direct upload"): a PUT of exactly the declared type and size, and the record that
 * holds its room. Signing is local, and R2 is not asked. The id of the upload is the file's.
 *
 * @param waitMs how long the bytes may take to come and be completed
 * @param declared what the client says it will send, where that is not what the record holds: the type may have another
 *   name, and less may be kept than is sent
 */
export async function beginDirect<F extends FileRecord>(
  { signer, clock }: { signer: UrlSigner; clock: Clock },
  file: NewFile<F> & Pick<F, 'mimeType' | 'sizeBytes'>,
  {
    waitMs = completeWithinMs,
    declared = { mimeType: file.mimeType, sizeBytes: file.sizeBytes },
  }: { waitMs?: number; declared?: Declared } = {},
): Promise<Begun<F>> {
  const { incoming, offer } = await offerPut({ signer, clock }, declared);
  const now = clock.now();
  const pending = pendingRecord<F>(now, file, { incoming, until: now.getTime() + waitMs });
  return { file: pending, upload: { uploadId: pending.id, ...offer } };
}

/**
 * Begins a direct upload: the declared size is reserved, so however many presign at once, no more is promised than the
 * limits allow. A repeated request is offered the same upload, when it is the caller's own. Throws what `reserve` and
 * `offerAgain` throw.
 */
export async function presign<F extends FileRecord>(
  deps: PresignDeps,
  file: NewFile<F> & Pick<F, 'mimeType' | 'sizeBytes'>,
  options: { isOwn: IsOwn<F>; reservationOf: (pending: F) => Reservation; declared: Declared },
): Promise<Presigned> {
  const { isOwn, reservationOf, declared } = options;
  const begun = await beginDirect<F>(deps, file, { declared });
  const reservation = reservationOf(begun.file);
  const earlier = await reserve(deps.files, begun.file, { ...reservation, lost: deps });
  if (earlier === undefined) return begun.upload;
  const found = await deps.files.get(earlier.fileId);
  return await offerAgain(deps, isOwn(found) ? found : undefined, { earlier, claim: reservation.idempotency });
}

/**
 * The same upload again while its URL lives, so that a lost answer costs no second reservation. `file` is what the first
 * request made, where it is the caller's own. Throws `idempotency_key_reused`.
 */
export async function offerAgain(
  deps: { signer: UrlSigner; clock: Clock },
  file: FileRecord | undefined,
  { earlier, claim }: { earlier: Earlier; claim: IdempotencyClaim | undefined },
): Promise<Presigned> {
  requireSameContent(earlier, claim);
  const offer = file?.state === 'pending' && file.incoming && (await renewOffer(deps, file.incoming));
  if (file === undefined || !offer) throw uploadOver(earlier.fileId);
  return { uploadId: file.id, ...offer };
}

/** What a key was used for before is over. */
export const uploadOver = (uploadId: string) =>
  new AppError('idempotency_key_reused', 'The upload of this Idempotency-Key is over. Use a new key.', {
    details: { uploadId },
  });
