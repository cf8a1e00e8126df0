import type { Author } from '#core/files/audit.ts';
import type { IdempotencyClaim } from '#core/files/store.ts';
import type { Presets } from '#core/files/variants.ts';
import type { AppSettings } from './settings.ts';

/** The administrator's settings of each app. */
export interface SettingsStore {
  /** Defaults where the administrator has set nothing. May be as old as the instance's cache. */
  get(appId: string): Promise<AppSettings>;
  /** Past every cache, strongly consistent. */
  getFresh(appId: string): Promise<AppSettings>;
}

/** What an administrator may do with them. */
export interface SettingsChanges {
  /**
   * Changes the given fields only; two administrators changing different fields both win. What changed is written down with
   * the change, and the app is one of those there are from then on. One transaction.
   */
  update(appId: string, changes: Partial<AppSettings>, author: Author): Promise<AppSettings>;
}

/** A developer key without its secret. */
export interface DeveloperKey {
  keyId: string;
  appId: string;
  label: string;
  createdAt: string;
}

export interface DeveloperKeyStore {
  /** With the stored hash, for comparison in constant time. May be as old as the instance's cache. */
  find(appId: string, keyId: string): Promise<{ key: DeveloperKey; secretHash: string } | undefined>;
}

/** What an administrator sees of keys. */
export interface DeveloperKeyList {
  /** All of an app, oldest first. */
  list(appId: string): Promise<DeveloperKey[]>;
}

/** What an administrator may do with keys. */
export interface DeveloperKeyChanges {
  /**
   * With the claim of a repeated request in place of the key its first one made; `reused` when it is for another content.
   * Written down, and the app is one of those there are, in the same transaction.
   */
  create(
    key: DeveloperKey,
    secretHash: string,
    author: Author,
    claim?: IdempotencyClaim,
  ): Promise<'written' | 'reused' | 'taken'>;
  /** False when there was none. Written down in the same transaction. */
  revoke(appId: string, keyId: string, author: Author): Promise<boolean>;
}

export interface ProcessedImage {
  bytes: Uint8Array;
  mimeType: 'image/webp';
  width: number;
  height: number;
  /** Base64 of a thumbhash (about 25 bytes), for a placeholder before the image loads. */
  thumbhash: string;
  /** Of each preset that asks for less than the picture; of an animation of all, as stills of its first frame. */
  variants: ImageVariant[];
}

/** A preset's copy, WebP as the picture is. */
export interface ImageVariant {
  name: string;
  bytes: Uint8Array;
  width: number;
  height: number;
}

export interface ImageProcessor {
  /**
   * Decodes, orients, strips metadata, fits inside `maxEdge` and re-encodes as WebP, animation kept; the copies of
   * `presets` from the same decode.
   * Throws `invalid_file_type` (not an image of an allowed kind) or `invalid_image` (`details.reason`).
   */
  process(bytes: Uint8Array, options: { maxEdge: number; presets?: Presets | undefined }): Promise<ProcessedImage>;
}
