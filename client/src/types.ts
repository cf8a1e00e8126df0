/** What the API answers, as far as pages and extensions meet it (docs/contract.md, "A stored file"). */

/** A smaller copy of an image, by the name of one of the app's presets; its link ends no sooner than the file's. */
export interface Variant {
  signedUrl: string;
  width: number;
  height: number;
  sizeBytes: number;
}

/** A stored file. Keep `id`; the links are short-lived and fetched anew with `files.get`. */
export interface StoredFile {
  id: string;
  /** Displays or downloads the file until `urlExpiresAt`. */
  signedUrl: string;
  /** The same link, under its older name. */
  publicUrl: string;
  urlExpiresAt: string;
  sizeBytes: number;
  originalName: string;
  mimeType: string;
  purpose: string | null;
  uploadedAt: string;
  width: number | null;
  height: number | null;
  /** Base64 of a thumbhash: a placeholder to show until the image has loaded. */
  thumbhash: string | null;
  /** Of an image whose app has presets: `variants?.thumb?.signedUrl` for a gallery. */
  variants?: Record<string, Variant> | undefined;
  /** Only while staged: not yet claimed by a saved config, and removed at `expiresAt`. */
  staged?: true | undefined;
  draftId?: string | null | undefined;
  expiresAt?: string | undefined;
  /** Of the template that the session's lock is a clone of: shown, and never changed here. */
  readOnly?: true | undefined;
}

/** A user's unexpired staged files of one app; sizes are bytes. */
export interface StagedQuota {
  bytesUsed: number;
  fileCount: number;
  maxBytes: number;
  remainingBytes: number;
}

export interface SessionCapabilities {
  enabled: boolean;
  provider: 'r2';
  r2Configured: boolean;
  settings: {
    enabled: boolean;
    maxFileBytes: number;
    maxBytesPerApp: number;
    maxBytesPerSession: number;
    maxStagedBytesPerUserPerApp: number;
    allowedMimePrefixes: string[];
  };
}

export interface SetupCapabilities {
  enabled: boolean;
  provider: 'r2';
  r2Configured: boolean;
  supportsStagedSetupFiles: boolean;
  stagedQuota: StagedQuota;
}

export interface FileList {
  items: StoredFile[];
  /** More files follow: pass it on as `cursor`. */
  cursor?: string | undefined;
}

export interface StagedList extends FileList {
  stagedQuota: StagedQuota;
}

export interface UploadAnswer {
  file: StoredFile;
  /** Only in setup. */
  stagedQuota?: StagedQuota | undefined;
}

/** A file of the uploads API (docs/contract.md, "Uploads"). */
export interface UploadedFile {
  _id: string;
  name: string;
  uploaded_by: string;
  type: string;
  /** Bytes, in digits. */
  size: string;
  bucket: string;
  url: string;
  meta: { originalName: string };
  status: boolean;
  deletedAt: string | null;
  createdAt: string;
  updatedAt: string;
  __v: 0;
  /** Only while a scanner's verdict is waited for, and nothing is given out. */
  scan?: 'pending' | undefined;
}

export interface SessionState {
  state: unknown;
  updatedAt: string | null;
}

/** Bytes sent so far. */
export interface Progress {
  sentBytes: number;
  totalBytes: number;
}
