/**
 * What an administrator decides for the uploads API (docs/contract.md, "Settings of the uploads API"). Sizes are bytes.
 */
export interface UploadSettings {
  maxFileBytes: number;
  /** Matched against what the bytes are: `*` and `/*` for everything, `image/*` or `image/` for a family, `image/png` for one type. */
  allowedTypes: string[];
  /** Between deleting a file and removing its object, seconds. */
  graceSeconds: number;
}

/**
 * Any file type (docs/contract.md, "Settings of the uploads API"). 100 MiB go through a direct upload; a form carries
 * `maxFormBytes`.
 */
export const defaultUploadSettings: UploadSettings = {
  maxFileBytes: 104_857_600,
  allowedTypes: ['*/*'],
  graceSeconds: 86_400,
};

/** The most one PUT to R2 may carry, 4.995 GiB (Cloudflare: "Limits"), so no setting may promise more. */
export const maxPutBytes = 5_363_423_150;

/** Whether a type is one the administrator allows. */
export function allowsType(allowedTypes: readonly string[], mimeType: string): boolean {
  return allowedTypes.some((allowed) => {
    if (allowed === '*/*') return true;
    const family = /^([^/]+\/)\*?$/.exec(allowed)?.[1];
    return family === undefined ? mimeType === allowed : mimeType.startsWith(family);
  });
}
