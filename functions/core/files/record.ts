import type { PartPlan } from '#core/files/parts.ts';
import type { Bucket, ObjectRef } from '#core/files/ports.ts';
import type { Quarantine, Rejection, Scanned } from '#core/files/quarantine.ts';
import type { ImageFacts, Presets } from '#core/files/variants.ts';

/**
 * `pending`: record written and quota reserved, the object may or may not exist. `ready`: bytes are there and never
 * change. `deleting`: quota released, the object may or may not be gone. A record that is gone has no object.
 */
export type FileState = 'pending' | 'ready' | 'deleting';

/** What every stored file has, whoever it belongs to. The record outlives its object: written before it, removed after it. */
export interface StoredFile {
  id: string;
  state: FileState;
  /** Grows with every write: a writer names the revision it decided on, so no decision is taken on old facts. */
  rev: number;
  /** Who uploaded it. */
  userId: string;
  bucket: Bucket;
  key: string;
  originalName: string;
  mimeType: string;
  /** What the counters hold of it, its variants included: of a direct upload the most it may become, and once stored what it is. */
  sizeBytes: number;
  /** Of an image. */
  image?: ImageFacts;
  /** What copies it was begun with, for good: so its record knows before any is written where objects may be. */
  presets?: Presets;
  /** The key a form upload was asked for with, while it is `pending`: given up with it, so that it may be tried again. */
  idempotencyId?: string;
  /** A direct upload: where the client may put its bytes. They are promoted to `key`, which no URL was ever signed for. */
  incoming?: Incoming;
  /** ISO 8601, UTC. */
  createdAt: string;
  updatedAt: string;
  /** Epoch milliseconds: when its bytes were there. None of files that were stored before this was written down. */
  readyAt?: number;
  /**
   * Epoch milliseconds. An expired file is invisible and unclaimable whatever TTL has done. Of a direct upload that is
   * `pending`: when it can no longer be completed.
   */
  expiresAt?: number;
  /** Epoch milliseconds at which the schedule must look at this record if nobody did before. */
  dueAt?: number;
  /** Another bucket in which its object may lie under the same key: on its way there, or left behind. */
  also?: Bucket;
  /** Stored and not judged yet: see `quarantine.ts`. */
  quarantine?: Quarantine;
  /** What the scanner said last. */
  scanned?: Scanned;
  /** Of a `deleting` record that is kept to tell its owner why the file is gone. */
  rejection?: Rejection;
}

export interface Incoming {
  key: string;
  /** What was declared and signed: the PUT must have exactly this type and length. */
  mimeType: string;
  sizeBytes: number;
  /** No size was declared: `sizeBytes` is the most it may be, which no signature can say, and so is checked afterwards. */
  atMost?: true;
  /** Epoch milliseconds after which the signed PUT is refused, so that nothing can appear at `key` any more. */
  urlExpiresAt: number;
  /** It comes in parts. */
  parts?: PartPlan;
}

/** A file of an extension (docs/contract.md, "A stored file"). */
export interface ExtensionFile extends StoredFile {
  scope: 'extension';
  appId: string;
  /** Which part of its app's counter counts it; of none where it was stored before counters had parts. */
  slice?: number;
  sessionId?: string;
  lockId?: string;
  templateId?: string;
  /** Uploaded in a setup screen and not claimed yet; a `ready` file has `expiresAt` exactly then. */
  staged: boolean;
  draftId?: string;
  purpose?: string;
  /** The claims of its holder that stand on it, newest last; when the last of them is rolled back it is staged again. */
  claimIds?: string[];
  /** Those of them that named the session it counts in; with the last of these it leaves the session. */
  sessionClaimIds?: string[];
  /** Epoch milliseconds: when it would have expired had it not been claimed; a roll back takes nothing of that away. */
  stagedUntil?: number;
  /** Epoch milliseconds: when the last claim on it was rolled back, so that it is staged again. */
  unclaimedAt?: number;
}

/** What a file lives and dies with once it is no longer staged. */
export type Holder = { type: 'lock' | 'template'; id: string };

export function holderOf(file: ExtensionFile): Holder | undefined {
  if (file.templateId !== undefined) return { type: 'template', id: file.templateId };
  return file.lockId === undefined ? undefined : { type: 'lock', id: file.lockId };
}

/** What a file of an organization is for (docs/contract.md, "Organizations"). */
export type OrganizationOwnerType =
  | 'exercise_comment'
  | 'progress_photo'
  | 'message'
  | 'logo'
  | 'minisite_asset'
  | 'workout_media'
  | 'signature'
  | 'compliance_document'
  | 'export';

/**
 * A file of an organization (docs/contract.md, "Organizations"). It counts in no quota; while it is staged, `expiresAt`
 * is set.
 */
export interface OrganizationFile extends StoredFile {
  scope: 'organization';
  orgId: string;
  ownerType: OrganizationOwnerType;
  /** What took the upload: a parent's row, a compliance document, a workout, or the organization itself. */
  parentId?: string;
  /** The form a signature or a compliance document is of. */
  formId?: string;
  /** Of a compliance document. */
  signatureUploadId?: string;
  /** Epoch milliseconds before which nobody deletes it. */
  retainedUntil?: number;
  /** SHA-256 of an export's bytes, hex: what tells a repeated request from another one. */
  contentHash?: string;
}

/**
 * A file of the uploads API (docs/contract.md, "Uploads"). It lies in the public bucket or in the default one, and that
 * alone makes it public or private.
 */
export interface UploadFile extends StoredFile {
  scope: 'upload';
  coinName?: string;
  /** ISO 8601. Deleted by its owner: only in the list of deleted files, and gone for good at `expiresAt`, the end of the grace period. */
  deletedAt?: string;
  /** Counted in the list of deleted files; files that were deleted before there was one are restored by their id alone. */
  restorable?: true;
  /** ISO 8601. When its owner took the last deletion back. */
  restoredAt?: string;
}

/** Everything a deletion takes with it (docs/contract.md, "Cleanup"). */
export type Scope =
  | { kind: 'app'; appId: string }
  | { kind: 'session'; sessionId: string }
  | { kind: 'lock'; lockId: string }
  | { kind: 'template'; templateId: string };

/** Any file. */
export type FileRecord = ExtensionFile | OrganizationFile | UploadFile;

export type System = FileRecord['scope'];

export type FileOf<S extends System> = Extract<FileRecord, { scope: S }>;

/** One system's file is not there for the others: asked wherever a record was found by its id alone. */
export function isOf<S extends System>(scope: S, file: FileRecord | undefined): file is FileOf<S> {
  return file?.scope === scope;
}

/**
 * What is counted together against one limit. An app's counter lies in slices (see `slices.ts`); without one it is the
 * single counter that apps had before. An app's session counts what this app stores in it.
 */
export type CounterRef =
  | { kind: 'app'; appId: string; slice?: number | undefined }
  | { kind: 'session'; appId: string; sessionId: string }
  | { kind: 'staged'; appId: string; userId: string };

export interface Usage {
  usedBytes: number;
  fileCount: number;
}

/**
 * The counters that hold this file while it is `pending` or `ready`. Derived, never stored: reserving, releasing,
 * claiming and recounting all ask here, so they cannot disagree.
 */
export function countersOf(file: FileRecord): CounterRef[] {
  if (file.scope !== 'extension') return [];
  const { appId, slice, sessionId } = file;
  const counters: CounterRef[] = [{ kind: 'app', appId, slice }];
  if (sessionId !== undefined) counters.push({ kind: 'session', appId, sessionId });
  if (file.staged) counters.push({ kind: 'staged', appId, userId: file.userId });
  return counters;
}

/** Decided by comparing times on every read, since DynamoDB's TTL may be days late. */
export function isExpired(file: FileRecord, now: Date): boolean {
  return file.expiresAt !== undefined && file.expiresAt <= now.getTime();
}

/** Ready and not expired: the only files a reader, a list or a claim may see. */
export function isVisible(file: FileRecord, now: Date): boolean {
  return file.state === 'ready' && !isExpired(file, now);
}

/**
 * Epoch milliseconds until which this file must be kept, when that is still to come
 * (docs/contract.md, "Compliance documents").
 */
export function retainedUntil(file: FileRecord, now: Date): number | undefined {
  if (file.scope !== 'organization' || file.state !== 'ready' || file.retainedUntil === undefined) return undefined;
  return file.retainedUntil > now.getTime() ? file.retainedUntil : undefined;
}

/** A direct upload whose bytes may come still. */
export const isAwaited = (file: FileRecord, now: Date): boolean =>
  file.state === 'pending' && file.incoming !== undefined && !isExpired(file, now);

/** A direct upload that may be completed still, or what may be shown of it once it is. */
export const isCompletable = (file: FileRecord, now: Date): boolean => isAwaited(file, now) || isVisible(file, now);

export function objectOf(file: Pick<FileRecord, 'bucket' | 'key'>): ObjectRef {
  return { bucket: file.bucket, key: file.key };
}

/** The bucket from which a file is given out; another one may hold it while it is judged. */
export const openIn = ({ bucket, also, quarantine }: StoredFile): Bucket =>
  quarantine !== undefined && also !== undefined ? also : bucket;

/** Where a client's PUT lands. Always the default bucket: bytes nobody has checked are never in a public one. */
export function incomingOf(incoming: Incoming): ObjectRef {
  return { bucket: 'default', key: incoming.key };
}

/**
 * Time has run out: nobody finished or saved this, and its quota may be given back. Asked before releasing, by the
 * schedule and by whoever needs the room.
 */
export function isOver(file: FileRecord, now: Date): boolean {
  if (file.dueAt === undefined || file.dueAt > now.getTime()) return false;
  return file.state === 'pending' || (file.state === 'ready' && isExpired(file, now));
}

/**
 * A `pending` record of a form upload is over after this time, counted from its reservation: no function that answers a
 * request runs longer (29 s and what its clock may be off), so whoever wrote it is dead, and neither its room nor its
 * Idempotency-Key waits for them any more.
 */
export const requestIsOverAfterMs = 35_000;

/** A `deleting` record, and one that several requests may finish, is looked at after this time. */
export const stuckAfterMs = 15 * 60_000;
