import type { SettingsStore } from '#core/extensions/ports.ts';
import type { AppSettings } from '#core/extensions/settings.ts';
import { AppError } from '#core/files/errors.ts';

/** Storage must be on for the app. Throws `extension_file_storage_disabled`. */
export async function requireEnabled(deps: { settings: SettingsStore }, appId: string): Promise<AppSettings> {
  const settings = await deps.settings.get(appId);
  if (settings.enabled) return settings;
  throw new AppError(
    'extension_file_storage_disabled',
    'File storage is off for this extension. An administrator can turn it on.',
  );
}

/**
 * The gate before files are read (docs/contract.md, "Settings of an app"): a bucket must be configured. Storage that is
 * turned off takes nothing in; what is stored already is shown, since locks that run need their pictures. Throws
 * `extension_file_storage_requires_r2`.
 */
export async function requireBucket(
  deps: { settings: SettingsStore; storageConfigured: boolean },
  appId: string,
): Promise<AppSettings> {
  const settings = await deps.settings.get(appId);
  if (deps.storageConfigured) return settings;
  throw new AppError(
    'extension_file_storage_requires_r2',
    'File storage needs an R2 bucket, and none is configured. Ask the platform team.',
  );
}

/**
 * The administrator's gate before every upload: storage must be on for the app, too. Throws
 * `extension_file_storage_disabled`, `extension_file_storage_requires_r2`.
 */
export async function requireStorage(
  deps: { settings: SettingsStore; storageConfigured: boolean },
  appId: string,
): Promise<AppSettings> {
  await requireEnabled(deps, appId);
  return await requireBucket(deps, appId);
}
