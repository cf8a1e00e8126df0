import type { FileRecord, Holder, OrganizationOwnerType, System } from '#core/files/record.ts';

/** What became of a file (docs/contract.md, "Events"). */
export type FileEventType = 'file.ready' | 'file.claimed' | 'file.released' | 'file.deleted';

/** Everything that is told. */
export const eventTypes = ['file.ready', 'file.claimed', 'file.released', 'file.deleted', 'quota.near'] as const;

export type EventType = (typeof eventTypes)[number];

/** A file as events tell it: whose it is and what it is, and nothing by which its bytes could be read. */
export interface FileFacts {
  fileId: string;
  /** Grows with every event of this file: what arrives with a smaller one than was seen is older. */
  sequence: number;
  system: System;
  /** Who uploaded it. */
  userId: string;
  mimeType: string;
  /** Its copies by presets included, as quotas count it. */
  sizeBytes: number;
  appId?: string;
  sessionId?: string;
  /** What it lives with; of a file that was released or deleted, what it lived with before. */
  holder?: Holder;
  staged?: boolean;
  purpose?: string;
  draftId?: string;
  orgId?: string;
  ownerType?: OrganizationOwnerType;
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

interface Envelope<Type extends EventType, Data> {
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

export type FileEvent =
  | Envelope<Exclude<FileEventType, 'file.deleted'>, FileFacts>
  | Envelope<'file.deleted', DeletedFacts>;
export type QuotaEvent = Envelope<'quota.near', QuotaFacts>;
export type StowageEvent = FileEvent | QuotaEvent;

/** A record before and after one write, as the table's stream tells it. */
export interface Change {
  /** None of a record that was just written. */
  from: FileRecord | undefined;
  /** None of a record that was removed. */
  to: FileRecord | undefined;
}
