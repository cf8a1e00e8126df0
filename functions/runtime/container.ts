/**
 * The one place that picks adapters. Every part is built at first use and kept for the life of the instance; each is
 * marked pure, so that a function's bundle holds only the parts it names.
 */
import { createClaimStore } from '#adapters/dynamo/claim-store.ts';
import { openTable } from '#adapters/dynamo/client.ts';
import { createDeveloperKeyStore } from '#adapters/dynamo/developer-key-store.ts';
import { createFileReader } from '#adapters/dynamo/file-reader.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { createIdempotencyStore } from '#adapters/dynamo/idempotency.ts';
import { createLifecycleStore } from '#adapters/dynamo/lifecycle-store.ts';
import { createOrganizationReader } from '#adapters/dynamo/organization-reader.ts';
import { createOrganizationStore } from '#adapters/dynamo/organization-store.ts';
import { createSettingsStore, createUploadSettingsStore } from '#adapters/dynamo/settings-store.ts';
import { createStateStore } from '#adapters/dynamo/state-store.ts';
import { createUploadReader } from '#adapters/dynamo/upload-reader.ts';
import { createUploadStore } from '#adapters/dynamo/upload-store.ts';
import { createTypeDetector } from '#adapters/file-type/type-detector.ts';
import { createEmf } from '#adapters/powertools/emf.ts';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import { createPartStore } from '#adapters/r2/part-store.ts';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';
import { createSecretCredentials } from '#adapters/secrets/r2-credentials.ts';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { createCleanupQueue } from '#adapters/sqs/cleanup-queue.ts';
import { createLifecycleQueue } from '#adapters/sqs/lifecycle-queue.ts';
import { createScanQueue } from '#adapters/sqs/scan-queue.ts';
import { createTokenVerifier } from '#adapters/tokens/token-verifier.ts';
import { contentDisposition } from '#contracts/file-name.ts';
import { cleanDraftLater } from '#core/extensions/claims/clean-draft.ts';
import { createDeleteScheduler } from '#core/files/delete.ts';
import { AppError } from '#core/files/errors.ts';
import type { Clock } from '#core/files/ports.ts';
import { metricNamespace } from '#functions/metric-names.ts';
import { env, isStorageConfigured, required } from './env.ts';
import { envNames } from './env-names.ts';
import { remainingMs } from './invocation.ts';
import { describeError, log } from './log.ts';
import { bucketMeasures, measuredFiles, measuredOrganizations, tableMeasures } from './measured.ts';

export { scanPolicy, uploadPlaces } from './places.ts';

/** A part that is built at first use and kept. */
export function once<T>(build: () => T): () => T {
  let built: { value: T } | undefined;
  return () => {
    built ??= { value: build() };
    return built.value;
  };
}

export const clock: Clock = { now: () => new Date() };

/** How long an instance may keep what it read: settings, keys, and how its stage is. */
export const cacheSeconds = () => env()[envNames.cacheSeconds] ?? 5;

/** Writes metrics; undefined where the environment names no service, as in tests of single functions. */
export const emf = /* @__PURE__ */ once(() => {
  const service = env()[envNames.metricsService];
  if (service === undefined) return undefined;
  return createEmf({ namespace: metricNamespace, service, warn: (message) => log('WARN', message) });
});

export const table = /* @__PURE__ */ once(() =>
  openTable(required(envNames.tableName), { remainingMs, ...tableMeasures }),
);

export const files = /* @__PURE__ */ once(() => measuredFiles(createFileStore(table())));
/** Of those who only read: without the writes, which would lie in their bundles. */
export const fileReader = /* @__PURE__ */ once(() => createFileReader(table()));
export const claims = /* @__PURE__ */ once(() => createClaimStore(table()));
export const states = /* @__PURE__ */ once(() => createStateStore(table()));
export const settings = /* @__PURE__ */ once(() => createSettingsStore(table(), { cacheSeconds: cacheSeconds() }));
export const uploads = /* @__PURE__ */ once(() => createUploadStore(table()));
export const uploadReader = /* @__PURE__ */ once(() => createUploadReader(table()));
export const uploadSettings = /* @__PURE__ */ once(() =>
  createUploadSettingsStore(table(), { cacheSeconds: cacheSeconds() }),
);
/** The administrator's gate before every file operation of an extension. */
export const gate = /* @__PURE__ */ once(() => ({ settings: settings(), storageConfigured: isStorageConfigured() }));

export const developerKeys = /* @__PURE__ */ once(() =>
  createDeveloperKeyStore(table(), { cacheSeconds: cacheSeconds() }),
);

/** What calls to the bucket leave of a request's time for the table's part, milliseconds. */
const tableMs = 3_000;

export const r2 = /* @__PURE__ */ once(() => {
  if (!isStorageConfigured()) throw new AppError('storage_not_configured', 'No bucket is configured.');
  return {
    endpoint: required(envNames.r2Endpoint),
    buckets: {
      default: required(envNames.r2Bucket),
      public: env()[envNames.r2PublicBucket],
      compliance: env()[envNames.r2ComplianceBucket],
    },
    credentials: createSecretCredentials({
      secretId: required(envNames.r2SecretId),
      seconds: env()[envNames.r2CredentialSeconds],
      remainingMs,
      onStale: (error) =>
        log('WARN', 'the R2 credentials are old and could not be read again', { error: describeError(error) }),
    }),
    remainingMs: () => remainingMs() - tableMs,
    ...bucketMeasures,
  };
});

export const objects = /* @__PURE__ */ once(() => createObjectStore(r2()));
export const parts = /* @__PURE__ */ once(() => createPartStore(r2()));
export const signer = /* @__PURE__ */ once(() => createUrlSigner({ ...r2(), clock }));
export const images = /* @__PURE__ */ once(() => createImageProcessor());

/**
 * Loads the decoders while a function starts, when Lambda gives it a full core, and not in its first upload: 40 to 100
 * ms of that answer. Whatever fails here fails again in the request, which has words for it.
 */
export function loadImages(): void {
  try {
    images();
  } catch {}
}

export const tokens = /* @__PURE__ */ once(() =>
  createTokenVerifier({
    jwksUrl: required(envNames.jwksUrl),
    issuer: required(envNames.tokenIssuer),
    audience: required(envNames.tokenAudience),
  }),
);

export const cleanupQueue = /* @__PURE__ */ once(() =>
  createCleanupQueue({ queueUrl: required(envNames.cleanupQueueUrl), remainingMs }),
);

export const lifecycleQueue = /* @__PURE__ */ once(() =>
  createLifecycleQueue({ queueUrl: required(envNames.lifecycleQueueUrl), remainingMs }),
);

const lifecycle = /* @__PURE__ */ once(() => createLifecycleStore(table()));

/** What a lifecycle event is applied with. */
export const lifecycleDeps = /* @__PURE__ */ once(() => ({ lifecycle: lifecycle(), queue: cleanupQueue(), clock }));

/** What the cleanup worker and the schedule work with. */
export const cleanDeps = /* @__PURE__ */ once(() => ({
  ...lifecycleDeps(),
  files: files(),
  objects: objects(),
  cleanDraft: (left: { claimId: string; draftId: string }) =>
    cleanDraftLater(
      { claims: claims(), files: files(), clock, queue: cleanupQueue(), scheduleDelete: scheduleDelete() },
      left,
    ),
}));

export const idempotency = /* @__PURE__ */ once(() => createIdempotencyStore(table()));

export const scheduleDelete = /* @__PURE__ */ once(() =>
  createDeleteScheduler({
    files: files(),
    objects: objects(),
    queue: cleanupQueue(),
    log: (message, error) => log('WARN', message, { error: describeError(error) }),
  }),
);

/** What an image upload works with. */
export const storeDeps = /* @__PURE__ */ once(() => ({
  files: files(),
  objects: objects(),
  images: images(),
  clock,
  scheduleDelete: scheduleDelete(),
}));

export const organizations = /* @__PURE__ */ once(() => measuredOrganizations(createOrganizationStore(table())));
export const organizationReader = /* @__PURE__ */ once(() => createOrganizationReader(table()));

/** What the use cases of organizations work with that store or remove bytes. */
export const organizationDeps = /* @__PURE__ */ once(() => ({
  organizations: organizations(),
  files: files(),
  objects: objects(),
  clock,
  scheduleDelete: scheduleDelete(),
}));

export const scanQueue = /* @__PURE__ */ once(() => {
  const queueUrl = env()[envNames.scanQueueUrl];
  return queueUrl === undefined ? undefined : createScanQueue({ queueUrl, remainingMs });
});

const announcing = () => {
  const queue = scanQueue();
  const warn = (message: string, error: unknown) => log('WARN', message, { error: describeError(error) });
  return queue === undefined ? undefined : { queue, log: warn };
};

/** What an upload of any file works with. */
export const storeUploadDeps = /* @__PURE__ */ once(() => ({
  scans: announcing(),
  files: files(),
  objects: objects(),
  types: createTypeDetector(),
  disposition: contentDisposition,
  clock,
  scheduleDelete: scheduleDelete(),
}));

/** What a presign works with: it signs and reserves, and decodes nothing. */
export const presignDeps = /* @__PURE__ */ once(() => ({
  files: files(),
  signer: signer(),
  clock,
  scheduleDelete: scheduleDelete(),
}));

/** What the direct upload of any file in parts works with. */
export const partDeps = /* @__PURE__ */ once(() => ({
  ...presignDeps(),
  uploads: uploads(),
  parts: parts(),
  objects: objects(),
}));
