/** The parts that only administrators' endpoints have: as `container.ts`, and picked there or here and nowhere else. */
import * as z from 'zod/mini';
import { createAppFileStore } from '#adapters/dynamo/app-files.ts';
import { createAppRegistry } from '#adapters/dynamo/app-registry.ts';
import { createAuditLog } from '#adapters/dynamo/audit.ts';
import { createCircumstanceStore } from '#adapters/dynamo/circumstances.ts';
import { createDeveloperKeyChanges } from '#adapters/dynamo/developer-key-changes.ts';
import { createDeveloperKeyList } from '#adapters/dynamo/developer-key-list.ts';
import { createReportStore } from '#adapters/dynamo/reconcile-reports.ts';
import { createRunStore } from '#adapters/dynamo/reconcile-runs.ts';
import { createSettingsChanges, createUploadSettingsChanges } from '#adapters/dynamo/settings-changes.ts';
import { createUsageHistory } from '#adapters/dynamo/usage-history.ts';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import { createSecretReader } from '#adapters/secrets/r2-credentials.ts';
import { createDeadLetters } from '#adapters/sqs/dead-letters.ts';
import { AppError } from '#core/files/errors.ts';
import { clock, once, r2, table } from './container.ts';
import { ownBuckets } from './container-reconcile.ts';
import { remainingMs } from './deadline.ts';
import { isStorageConfigured, required } from './env.ts';
import { envNames } from './env-names.ts';
import { log } from './log.ts';

export const settingsChanges = /* @__PURE__ */ once(() => createSettingsChanges(table()));
export const uploadSettingsChanges = /* @__PURE__ */ once(() => createUploadSettingsChanges(table()));
export const developerKeyList = /* @__PURE__ */ once(() => createDeveloperKeyList(table()));
export const developerKeyChanges = /* @__PURE__ */ once(() => createDeveloperKeyChanges(table()));
export const apps = /* @__PURE__ */ once(() => createAppRegistry(table()));
export const appFiles = /* @__PURE__ */ once(() => createAppFileStore(table()));
export const circumstances = /* @__PURE__ */ once(() => createCircumstanceStore(table()));
export const usageHistory = /* @__PURE__ */ once(() => createUsageHistory(table()));
export const auditLog = /* @__PURE__ */ once(() => createAuditLog(table()));
export const reports = /* @__PURE__ */ once(() => createReportStore(table()));

const deadLetterQueues = z.array(
  z.object({
    name: z.string(),
    host: z.optional(z.string()),
    redrivable: z.boolean(),
    queueUrl: z.string(),
  }),
);

export const deadLetters = /* @__PURE__ */ once(() =>
  createDeadLetters(z.parse(deadLetterQueues, JSON.parse(required(envNames.deadLetters))), { remainingMs }),
);

/** What the administrator's look at the stage works with: credentials as the secret has them now, not as it had them. */
export const healthDeps = /* @__PURE__ */ once(() => {
  const common = { store: createRunStore(table()), clock, log };
  if (!isStorageConfigured()) {
    const unconfigured = async () => {
      throw new AppError('storage_not_configured', 'No bucket is configured.');
    };
    return { ...common, buckets: [], readSecret: unconfigured, lister: { list: unconfigured } };
  }
  const read = createSecretReader({ secretId: required(envNames.r2SecretId), remainingMs });
  let latest: ReturnType<typeof read> | undefined;
  const held = () => {
    latest ??= read();
    return latest;
  };
  return {
    ...common,
    buckets: ownBuckets(),
    readSecret: () => {
      latest = read();
      return latest;
    },
    // Refused ones are what the secret holds: nothing is to be gained from reading it once more.
    lister: createObjectLister({ ...r2(), credentials: Object.assign(held, { refused: held }) }),
  };
});
