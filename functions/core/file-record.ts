import type { Bucket, ObjectRef } from '#core/ports.ts';

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
  /** What the counters hold of it: the declared size while a direct upload is `pending`, the stored size after. */
  sizeBytes: number;
  /** Of an image. */
  image?: ImageFacts;
  /** A direct upload: where the client may put its bytes. They are promoted to `key`, which no URL was ever signed for. */
  incoming?: Incoming;
  /** ISO 8601, UTC. */
  createdAt: string;
  updatedAt: string;
  /** Epoch milliseconds. An expired file is invisible and unclaimable whatever TTL has done. */
  expiresAt?: number;
  /** Epoch milliseconds at which the schedule must look at this record if nobody did before. */
  dueAt?: number;
}

export interface ImageFacts {
  /** Pixels. */
  width: number;
  height: number;
  /** Base64. */
  thumbhash: string;
}

export interface Incoming {
  key: string;
  /** What was declared and signed: the PUT must have exactly this type and length. */
  mimeType: string;
  sizeBytes: number;
  /** Epoch milliseconds after which the signed PUT is refused, so that nothing can appear at `key` any more. */
  urlExpiresAt: number;
}

/** A file of an extension (seed 1, "Storage Model"). */
export interface ExtensionFile extends StoredFile {
  scope: 'extension';
  appId: string;
  sessionId?: string;
  lockId?: string;
  templateId?: string;
  /** Uploaded in a setup screen and not claimed yet; `expiresAt` is set exactly then. */
  staged: boolean;
  draftId?: string;
  purpose?: string;
  /** The claim that bound it; a roll back of that claim, and of no other, stages it again. */
  claimId?: string;
}

/** What a file lives and dies with once it is no longer staged. */
export type Holder = { type: 'lock' | 'template'; id: string };

export function holderOf(file: ExtensionFile): Holder | undefined {
  if (file.templateId !== undefined) return { type: 'template', id: file.templateId };
  return file.lockId === undefined ? undefined : { type: 'lock', id: file.lockId };
}

/** What a file of an organization is for (seed 3, "Policy table" and "Direct R2 paths"). */
export type OrganizationOwnerType =
  | 'exercise_comment'
  | 'progress_photo'
  | 'message'
  | 'logo'
  | 'minisite_asset'
  | 'signature'
  | 'compliance_document'
  | 'export';

/** A file of an organization (seed 3). It counts in no quota; while it is staged, `expiresAt` is set. */
export interface OrganizationFile extends StoredFile {
  scope: 'organization';
  orgId: string;
  ownerType: OrganizationOwnerType;
  /** The row that took the upload: a parent, a compliance document, or the organization itself. */
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
 * A file of the uploads API (seed 2). It lies in the public bucket or in the default one, and that alone makes it public
 * or private.
 */
export interface UploadFile extends StoredFile {
  scope: 'upload';
  coinName?: string;
  /** ISO 8601. Deleted by its owner: in no list any more, and gone for good at `expiresAt`, the end of the grace period. */
  deletedAt?: string;
}

/** Any file; the other systems' kinds join this union. */
export type FileRecord = ExtensionFile | OrganizationFile | UploadFile;

export type Scope = FileRecord['scope'];

export type FileOf<S extends Scope> = Extract<FileRecord, { scope: S }>;

/** One system's file is not there for the others: asked wherever a record was found by its id alone. */
export function isOf<S extends Scope>(scope: S, file: FileRecord | undefined): file is FileOf<S> {
  return file?.scope === scope;
}

/** What is counted together against one limit. */
export type CounterRef =
  | { kind: 'app'; appId: string }
  | { kind: 'session'; sessionId: string }
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
  const counters: CounterRef[] = [{ kind: 'app', appId: file.appId }];
  if (file.sessionId !== undefined) {
    counters.push({ kind: 'session', sessionId: file.sessionId });
  }
  if (file.staged) counters.push({ kind: 'staged', appId: file.appId, userId: file.userId });
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

export function objectOf(file: FileRecord): ObjectRef {
  return { bucket: file.bucket, key: file.key };
}

/**
 * A `pending` or `deleting` record is looked at after this time. Longer than any function may run (30 s), so a step
 * that is still going on is never taken for a dead one.
 */
export const stuckAfterMs = 15 * 60_000;
