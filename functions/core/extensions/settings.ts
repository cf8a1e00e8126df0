import type { Presets } from '#core/files/variants.ts';

/** What an administrator decides for an app (docs/contract.md, "Settings of an app"). Sizes are bytes. */
export interface AppSettings {
  enabled: boolean;
  maxFileBytes: number;
  maxBytesPerApp: number;
  maxBytesPerSession: number;
  maxStagedBytesPerUserPerApp: number;
  /** Matched against what the bytes are, not what the client declared. */
  allowedMimePrefixes: string[];
  /** Longest edge of a stored image in pixels. */
  maxImageEdge: number;
  /** Copies made of every image that is stored from now on. */
  imagePresets: Presets;
  stagedTtlSeconds: number;
  stateMaxBytes: number;
  /** Grows with every change of `maxBytesPerApp`. Nobody sets it. */
  limitRevision: number;
}

/** Storage is off until an administrator turns it on; the numbers are the contract's. */
export const defaultSettings: AppSettings = {
  enabled: false,
  maxFileBytes: 10_485_760,
  maxBytesPerApp: 524_288_000,
  maxBytesPerSession: 52_428_800,
  maxStagedBytesPerUserPerApp: 10_485_760,
  allowedMimePrefixes: ['image/'],
  maxImageEdge: 2560,
  imagePresets: {},
  stagedTtlSeconds: 86_400,
  stateMaxBytes: 65_536,
  limitRevision: 0,
};
