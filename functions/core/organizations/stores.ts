import type { AuditEntry } from '#core/files/audit.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import type { IdempotencyClaim, Page, PageRequest } from '#core/files/store.ts';

export type MemberStatus = 'active' | 'inactive';

export interface Member {
  orgId: string;
  userId: string;
  status: MemberStatus;
  /** ISO 8601, UTC. */
  updatedAt: string;
}

/** Rows that consume uploads (docs/contract.md, "Parent rows"). */
export type ParentKind = 'progress_photo' | 'exercise_comment' | 'message';

/** A file as the row that took it keeps it: enough to list and sign it without reading its record. */
export interface ConsumedFile {
  uploadId: string;
  key: string;
  mimeType: string;
  sizeBytes: number;
  originalName: string;
}

export interface Parent {
  id: string;
  kind: ParentKind;
  orgId: string;
  userId: string;
  files: ConsumedFile[];
  /** What the caller wrote beside the files, by field. */
  fields: Record<string, string>;
  createdAt: string;
}

/** The logo of an organization. `rev` is 0 while there is no row. */
export interface LogoRow {
  orgId: string;
  rev: number;
  logo?: ConsumedFile;
  /** The latest presigned upload; it becomes the logo when its bytes are there. */
  pendingUploadId?: string;
}

export interface MinisiteRow {
  orgId: string;
  rev: number;
  /** JSON text. */
  content: string;
  assets: ConsumedFile[];
  /** Anybody may read the page. Pages of before this could be said are their members' only. */
  isPublic?: boolean;
  updatedAt: string;
}

/** Which CSV a job has since it was run again. `rev` is 0, and there is no file, while it was run once at most. */
export interface ExportRow {
  orgId: string;
  jobId: string;
  rev: number;
  fileId?: string;
}

/** What a form token allows: one signature for this form. */
export interface SignatureToken {
  tokenHash: string;
  orgId: string;
  formId: string;
  /** Epoch milliseconds. */
  expiresAt: number;
  used: boolean;
  /** The upload it was presigned last; none of tokens that were used before this was noted. */
  uploadId?: string;
  /** How often it was presigned. */
  presigns?: number;
}

/**
 * One conditional step. Steps given to `commit` together happen all or none, so a use case reads as the list of what
 * must be true and what becomes true.
 */
export type OrganizationChange =
  /** Only while this user is an active member. */
  | { kind: 'member'; orgId: string; userId: string }
  /** A new `pending` record; one that expires gets its alarm. Refused when the id is taken. */
  | { kind: 'stage'; file: OrganizationFile }
  /** `pending -> ready` at `next` (see `settled`); refused when the record is no longer at the revision of `file`. */
  | { kind: 'settle'; file: OrganizationFile; next: OrganizationFile }
  /** `pending | ready -> deleting`; refused likewise. The object is then the cleanup's. */
  | { kind: 'release'; file: OrganizationFile; now: Date }
  | { kind: 'parent'; parent: Parent }
  /** The row goes; refused when it is not there. */
  | { kind: 'parent_gone'; parent: Parent }
  | { kind: 'pending_logo'; orgId: string; uploadId: string }
  /** Refused when the row is no longer at `rev`. Stored at `rev + 1`. */
  | { kind: 'logo'; row: LogoRow }
  | { kind: 'minisite'; row: MinisiteRow }
  /** Refused once the job was run again: what it has then is no first CSV. */
  | { kind: 'first_export'; orgId: string; jobId: string }
  /** Like a logo's. */
  | { kind: 'export'; row: ExportRow }
  /** Notes what the request with this Idempotency-Key made; refused when one made something in the last day. */
  | { kind: 'remember'; claim: IdempotencyClaim; made: { id: string; createdAt: string } }
  /** Written down, whatever else is written. */
  | { kind: 'audit'; entry: AuditEntry }
  /** Makes an upload the token's, in place of the one it had; refused when it has another by now. */
  | { kind: 'use_token'; token: SignatureToken; uploadId: string };

/** Members, rows and files of organizations, for those who only read. Strongly consistent unless said otherwise. */
export interface OrganizationReader {
  isActiveMember(orgId: string, userId: string): Promise<boolean>;
  /** Records in any state, in the order of the ids, `undefined` where there is none. One batch. */
  getFiles(ids: string[]): Promise<(OrganizationFile | undefined)[]>;
  getLogo(orgId: string): Promise<LogoRow>;
  /** `rev` 0, no assets and the content `null` when nothing was published. */
  getMinisite(orgId: string): Promise<MinisiteRow>;
  getExport(orgId: string, jobId: string): Promise<ExportRow>;
  getParent(kind: ParentKind, userId: string, id: string): Promise<Parent | undefined>;
  getToken(tokenHash: string): Promise<SignatureToken | undefined>;
  /** The user's own rows, newest first; of one organization when asked. */
  listParents(
    of: { kind: ParentKind; userId: string; orgId?: string | undefined },
    page: PageRequest,
  ): Promise<Page<Parent>>;
  /** The stored compliance documents of an organization, newest first. From an index: a new one may be missing for a moment. */
  listDocuments(orgId: string, page: PageRequest): Promise<Page<OrganizationFile>>;
  /** All its files in any state but `deleting`, newest first. From an index, likewise. */
  listFiles(orgId: string, page: PageRequest): Promise<Page<OrganizationFile>>;
}

/** {@link OrganizationReader} with the writes. */
export interface OrganizationStore extends OrganizationReader {
  /** One transaction. The kinds of the changes that were refused; none when all were written. */
  commit(changes: OrganizationChange[]): Promise<OrganizationChange['kind'][]>;
  putMember(member: Member): Promise<void>;
  /**
   * With the claim of a repeated request in place of the token its first one made. `idempotency_key_reused` is what to
   * say of another content, and of a token that was used meanwhile.
   */
  putToken(token: SignatureToken, now: Date, claim?: IdempotencyClaim): Promise<'written' | 'reused' | 'taken'>;
  /** What an earlier request with this key made. */
  findRemembered(id: string, now: Date): Promise<{ fileId: string; contentHash: string } | undefined>;
}
