import * as z from 'zod/mini';
import type { AppSummary } from '#core/extensions/administration/apps.ts';
import type { DailyUsage, NamedUsage } from '#core/extensions/administration/usage.ts';
import { imageTypes } from '#core/extensions/image-types.ts';
import type { DeveloperKey } from '#core/extensions/ports.ts';
import type { AppSettings } from '#core/extensions/settings.ts';
import { presetPattern } from '#core/files/ids.ts';
import type { Usage } from '#core/files/record.ts';
import { maxPutBytes } from '#core/uploads/settings.ts';
import { checked } from './checked.ts';

const bytes = checked(z.int(), z.minimum(0), z.maximum(1_000_000_000_000));

/** Presets an app may have: each costs a PUT of every upload and a link of every file shown. */
const mostPresets = 8;

const presetName = checked(z.string(), z.regex(presetPattern, 'must be like "thumb": a letter, then a-z, 0-9 and -'));

const imagePresets = checked(
  z.record(presetName, checked(z.int(), z.minimum(16), z.maximum(4096))),
  z.refine((presets) => Object.keys(presets).length <= mostPresets, `must be at most ${mostPresets} presets`),
);

const letsSomethingIn = (prefix: string) => Object.keys(imageTypes).some((type) => type.startsWith(prefix));

/** Any subset of an app's settings, each within what the service can do. */
export const settingsChange = z.strictObject({
  enabled: z.optional(z.boolean()),
  maxFileBytes: z.optional(checked(z.int(), z.minimum(1), z.maximum(104_857_600))),
  maxBytesPerApp: z.optional(bytes),
  maxBytesPerSession: z.optional(bytes),
  maxStagedBytesPerUserPerApp: z.optional(bytes),
  allowedMimePrefixes: z.optional(
    checked(
      z.array(
        checked(
          z.string(),
          z.regex(/^[a-z]+\/[a-z0-9.+-]{0,60}$/, 'must be like "image/" or "image/png"'),
          // Any other would let nothing in, and an app would refuse what it asks for.
          z.refine(
            letsSomethingIn,
            `must be the beginning of a type that is taken: ${Object.keys(imageTypes).join(', ')}`,
          ),
        ),
      ),
      z.minLength(1),
      z.maxLength(20),
    ),
  ),
  maxImageEdge: z.optional(checked(z.int(), z.minimum(16), z.maximum(16_383))),
  imagePresets: z.optional(imagePresets),
  stagedTtlSeconds: z.optional(checked(z.int(), z.minimum(1), z.maximum(2_592_000))),
  stateMaxBytes: z.optional(checked(z.int(), z.minimum(2), z.maximum(262_144))),
});

export const appSettingsAnswer = z.object({
  enabled: z.boolean(),
  maxFileBytes: z.number(),
  maxBytesPerApp: z.number(),
  maxBytesPerSession: z.number(),
  maxStagedBytesPerUserPerApp: z.number(),
  allowedMimePrefixes: z.array(z.string()),
  maxImageEdge: z.number(),
  imagePresets: z.record(z.string(), z.number()),
  stagedTtlSeconds: z.number(),
  stateMaxBytes: z.number(),
});

export const settingsAnswer = z.object({
  appId: z.string(),
  settings: appSettingsAnswer,
  usage: z.object({ usedBytes: z.number(), fileCount: z.number() }),
});

export function settingsView(appId: string, settings: AppSettings, usage: Usage): z.output<typeof settingsAnswer> {
  const { limitRevision: _, ...shown } = settings;
  return { appId, settings: shown, usage };
}

export const keyAnswer = z.object({
  keyId: z.string(),
  appId: z.string(),
  label: z.string(),
  createdAt: z.string(),
});

export const keyView = ({ keyId, appId, label, createdAt }: DeveloperKey): z.output<typeof keyAnswer> => ({
  keyId,
  appId,
  label,
  createdAt,
});

/** Any subset of the uploads API's settings. */
export const uploadSettingsChange = z.strictObject({
  maxFileBytes: z.optional(checked(z.int(), z.minimum(1), z.maximum(maxPutBytes))),
  allowedTypes: z.optional(
    checked(
      z.array(
        checked(
          z.string(),
          z.regex(/^(\*\/\*|[a-z]+\/(\*|[a-z0-9.+-]{0,100}))$/, 'must be like "*/*", "image/*" or "image/png"'),
        ),
      ),
      z.minLength(1),
      z.maxLength(50),
    ),
  ),
  graceSeconds: z.optional(checked(z.int(), z.minimum(0), z.maximum(2_592_000))),
});

export const uploadSettingsAnswer = z.object({
  settings: z.object({ maxFileBytes: z.number(), allowedTypes: z.array(z.string()), graceSeconds: z.number() }),
});

/** An app in the list of all. */
export const appSummaryAnswer = z.object({
  appId: z.string(),
  enabled: z.boolean(),
  usedBytes: z.number(),
  fileCount: z.number(),
  maxBytes: z.number(),
  createdAt: z.nullable(z.string()),
  updatedAt: z.nullable(z.string()),
});

export const appSummaryView = ({ appId, settings, usage, ...known }: AppSummary): AppSummaryView => ({
  appId,
  enabled: settings.enabled,
  ...usage,
  maxBytes: settings.maxBytesPerApp,
  createdAt: known.createdAt ?? null,
  updatedAt: known.updatedAt ?? null,
});

type AppSummaryView = z.output<typeof appSummaryAnswer>;

/** What an app uses, by who uses it or day by day: an item has the one name that was asked for. */
export const usageAnswer = z.object({
  by: z.enum(['session', 'user', 'day']),
  items: z.array(
    z.object({
      sessionId: z.optional(z.string()),
      userId: z.optional(z.string()),
      day: z.optional(z.string()),
      at: z.optional(z.string()),
      usedBytes: z.number(),
      fileCount: z.number(),
    }),
  ),
  cursor: z.optional(z.string()),
});

type UsageItem = z.output<typeof usageAnswer>['items'][number];

export const namedUsageView = (by: 'session' | 'user', { id, usedBytes, fileCount }: NamedUsage): UsageItem => ({
  ...(by === 'session' ? { sessionId: id } : { userId: id }),
  usedBytes,
  fileCount,
});

export const dayView = ({ day, at, usedBytes, fileCount }: DailyUsage): UsageItem => ({
  day,
  at,
  usedBytes,
  fileCount,
});
