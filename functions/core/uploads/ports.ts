import type { Author } from '#core/files/audit.ts';
import type { DetectedType } from '#core/files/ports.ts';
import type { Incoming, UploadFile } from '#core/files/record.ts';
import type { ListRef } from './lists.ts';
import type { UploadSettings } from './settings.ts';

/** One page of a list of the uploads API, and how long the whole list is. */
export interface CountedPage {
  /** Newest first. */
  items: UploadFile[];
  /** Strongly consistent. */
  count: number;
  more: boolean;
}

/** Lists of the uploads API, for those who only read. */
export interface UploadReader {
  /** The files from position `offset` on. A position deep in a long list costs three small reads more than the first. */
  page(list: ListRef, position: { offset: number; limit: number }): Promise<CountedPage>;
  /** The files after one, by its id, which need not be there any more; the first ones without an id. */
  after(list: ListRef, position: { id: string | undefined; limit: number }): Promise<CountedPage>;
}

/** Lists of the uploads API. Their lengths move with the records, in `FileStore`'s transactions, in `hide` and in `reveal`. */
export interface UploadStore extends UploadReader {
  /**
   * A ready upload goes from its lists to that of deleted files and gets the end of its grace period. One transaction.
   * Undefined when the record is no longer at this revision.
   */
  hide(file: UploadFile, hidden: { deletedAt: Date; expiresAt: Date }): Promise<UploadFile | undefined>;
  /** Takes `hide` back: the lists it was in, at the place it had there, and no end any more. As `hide`. */
  reveal(file: UploadFile, restoredAt: Date): Promise<UploadFile | undefined>;
  /** The key of a pending upload that had none to be written at yet. Undefined as for `hide`. */
  rename(file: UploadFile, key: string): Promise<UploadFile | undefined>;
  /**
   * What a pending upload waits for, and until when (epoch milliseconds), with its alarm. One transaction. Undefined as
   * for `hide`.
   */
  keepOpen(file: UploadFile, awaited: { incoming: Incoming; until: number }): Promise<UploadFile | undefined>;
}

/** The administrator's settings of the uploads API; as `SettingsStore`, for one whole system. */
export interface UploadSettingsStore {
  get(): Promise<UploadSettings>;
  getFresh(): Promise<UploadSettings>;
}

/** What an administrator may do with them; as `SettingsChanges`. */
export interface UploadSettingsChanges {
  update(changes: Partial<UploadSettings>, author: Author): Promise<UploadSettings>;
}

/** A file of which no more than the beginning is at hand. */
export interface Remote {
  sizeBytes: number;
  /** Reads a part of it, both ends inclusive. */
  read(first: number, last: number): Promise<Uint8Array>;
}

export interface TypeDetector {
  /**
   * Judges a whole file, or the first `sniffBytes` of one whose other bytes can be read: of a ZIP three small parts at
   * most, of everything else none. Bytes of no known kind are `application/octet-stream`. Throws what `read` throws, and
   * nothing else.
   */
  detect(bytes: Uint8Array, remote?: Remote): Promise<DetectedType>;
}
