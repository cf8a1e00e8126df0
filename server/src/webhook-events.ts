/** What Stowage tells of files (docs/contract.md, "Events"). */

/** A file as events tell it: whose it is and what it is, and nothing by which its bytes could be read. */
export interface FileFacts {
  fileId: string;
  /** Grows with every event of this file: what arrives with a smaller one than was seen is older. */
  sequence: number;
  system: 'extension' | 'organization' | 'upload';
  /** Who uploaded it. */
  userId: string;
  mimeType: string;
  /** Its copies by presets included, as quotas count it. */
  sizeBytes: number;
  appId?: string;
  sessionId?: string;
  /** What it lives with; of a file that was released or deleted, what it lived with before. */
  holder?: { type: 'lock' | 'template'; id: string };
  staged?: boolean;
  purpose?: string;
  draftId?: string;
  orgId?: string;
  ownerType?:
    | 'exercise_comment'
    | 'progress_photo'
    | 'message'
    | 'logo'
    | 'minisite_asset'
    | 'workout_media'
    | 'signature'
    | 'compliance_document'
    | 'export';
  parentId?: string;
  /** Of the uploads API: whether its URL opens without a signature. */
  visibility?: 'public' | 'private';
}

export interface DeletedFacts extends FileFacts {
  /** Its time was over, a scanner rejected it, or somebody or something it belonged to ended it. */
  reason: 'expired' | 'rejected' | 'deleted';
}

export interface QuotaFacts {
  appId: string;
  /** Percent of the limit that the app has passed on its way up. */
  threshold: number;
  usedBytes: number;
  limitBytes: number;
}

interface Envelope<Type extends string, Data> {
  /** The same each time an event is told again: what was seen under it is skipped. */
  id: string;
  type: Type;
  /** ISO 8601, UTC: when it happened, not when it was told. */
  time: string;
  version: 1;
  /** `stowage.<stage>`. */
  source: string;
  data: Data;
}

/** One event; `type` tells what is in `data`. */
export type StowageEvent =
  | Envelope<'file.ready' | 'file.claimed' | 'file.released', FileFacts>
  | Envelope<'file.deleted', DeletedFacts>
  | Envelope<'quota.near', QuotaFacts>;
