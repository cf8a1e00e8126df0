import { AppError } from '#core/files/errors.ts';
import { idPattern } from '#core/files/ids.ts';

/** Marks an object of an extension config as a reference to a stored file (docs/contract.md, "Claims"). */
const provider = 'chastify_storage';

/** Links that expire: previews keep them for a moment, a saved config must not (docs/contract.md, "Claims"). */
const temporaryFields = new Set(['signedUrl', 'publicUrl', 'urlExpiresAt']);

/** Where a reference that is a file's whole answer has more of them. */
const variantsField = 'variants';

/** DynamoDB writes at most 100 items in one transaction; the rest is for counters, target and claim. */
export const maxFilesPerClaim = 90;

/** A config as JSON, in bytes of UTF-8. */
export const maxConfigBytes = 262_144;

/** Deeper than any config a person made; recursion over it cannot end the process. */
const maxDepth = 100;

export interface ConfigReferences {
  /** Without duplicates, in the order they stand in the config. */
  fileIds: string[];
  /** The setup draft this config was made in, if it says so. */
  draftId: string | undefined;
  /** The config as it may be saved: references without their temporary links. */
  config: unknown;
}

/**
 * Finds the file references of a config and takes their temporary links away. Throws `validation_failed` for a config
 * that is too large, too deep or names too many files.
 */
export function scanConfig(config: unknown): ConfigReferences {
  if (config === undefined) throw invalid('Send the config that is being saved.');
  const fileIds = new Set<string>();
  const stripped = strip(config, fileIds, 0);
  if (Buffer.byteLength(JSON.stringify(config)) > maxConfigBytes) {
    throw invalid(`The config may be at most ${maxConfigBytes} bytes of JSON.`);
  }
  if (fileIds.size > maxFilesPerClaim) throw invalid(`A config may reference at most ${maxFilesPerClaim} files.`);
  const draft = isObject(config) && typeof config.storageDraftId === 'string' ? config.storageDraftId : '';
  // An empty draft is none, as in the forms, so that a claim's name tells the two not apart.
  const draftId = draft === '' ? undefined : draft;
  return { fileIds: [...fileIds], draftId, config: stripped };
}

function strip(value: unknown, fileIds: Set<string>, depth: number): unknown {
  if (depth > maxDepth) throw invalid(`The config may be at most ${maxDepth} levels deep.`);
  if (Array.isArray(value)) return value.map((entry) => strip(entry, fileIds, depth + 1));
  if (!isObject(value)) return value;
  const isReference = value.provider === provider && typeof value.fileId === 'string';
  if (isReference) fileIds.add(named(String(value.fileId)));
  const kept = Object.entries(value).filter(([name]) => !(isReference && temporaryFields.has(name)));
  return Object.fromEntries(
    kept.map(([name, entry]) => {
      const lasting = isReference && name === variantsField ? withoutLinks(entry) : entry;
      return [name, strip(lasting, fileIds, depth + 1)];
    }),
  );
}

function withoutLinks(variants: unknown): unknown {
  if (!isObject(variants)) return variants;
  const entries = Object.entries(variants).map(([name, variant]) => {
    if (!isObject(variant)) return [name, variant];
    const { signedUrl: _, ...lasting } = variant;
    return [name, lasting];
  });
  return Object.fromEntries(entries);
}

/** An id as it is kept; what is none is named as it was sent, and is no file's. */
function named(fileId: string): string {
  return idPattern.test(fileId.toLowerCase()) ? fileId.toLowerCase() : fileId;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(message: string): AppError {
  return new AppError('validation_failed', message, { details: { issues: [{ field: 'config', message }] } });
}
