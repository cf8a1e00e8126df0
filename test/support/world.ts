import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { createClaimStore } from '#adapters/dynamo/claim-store.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { appsPk, reconcileKey } from '#adapters/dynamo/keys.ts';
import { createLifecycleStore } from '#adapters/dynamo/lifecycle-store.ts';
import { createOrganizationStore } from '#adapters/dynamo/organization-store.ts';
import { createUploadStore } from '#adapters/dynamo/upload-store.ts';
import { createTypeDetector } from '#adapters/file-type/type-detector.ts';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import { createPartStore } from '#adapters/r2/part-store.ts';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { contentDisposition } from '#contracts/file-name.ts';
import { cleanDraftLater } from '#core/extensions/claims/clean-draft.ts';
import type { CleanupMessage, CleanupQueue } from '#core/files/cleanup-queue.ts';
import { createDeleteScheduler } from '#core/files/delete.ts';
import { markerPrefix } from '#core/files/ids.ts';
import type { Clock } from '#core/files/ports.ts';
import { handleCleanup } from '#core/lifecycle/handle-cleanup.ts';
import { type DynamoOptions, type LoadOptions, startDynamo } from '#local/dynamo/server.ts';
import { type R2Options, startR2 } from '#local/r2/server.ts';
import { allItems, countsNothing, createTable, emptyTable } from './tables.ts';
import { listen } from './told.ts';

/** No role has the last one unless a test gives it one: documents are kept in the default bucket then. */
const buckets = ['files', 'public', 'compliance'] as const;
type BucketName = (typeof buckets)[number];

const credentials = { accessKeyId: 'local', secretAccessKey: 'secret' };

/**
 * The adapters over real servers, with faults to switch on: what the rules run against when a test must make one step
 * fail. The queue is a list, so that a test decides when and how often a message arrives. `load`: see the table's own.
 */
export async function startWorld({ load }: { load?: LoadOptions } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'stowage-'));
  const faults: { dynamo?: DynamoOptions['intercept']; r2?: R2Options['intercept']; queue?: () => void } = {};
  const calls: string[] = [];
  const time = { offsetMs: 0 };
  const listener = listen();
  const clock: Clock = { now: () => new Date(Date.now() + time.offsetMs) };
  const [dynamo, r2] = await Promise.all([
    startDynamo({
      onRequest: ({ operation }) => calls.push(`dynamo ${operation}`),
      intercept: (request) => faults.dynamo?.(request),
      load,
      readers: [listener.reader],
    }),
    startR2({
      dir,
      credentials,
      clock,
      buckets: buckets.map((name) => ({ name })),
      // These suites count calls and PUT one key again and again; the one-machine cloud keeps R2's rate.
      writesPerKeyPerSecond: Number.POSITIVE_INFINITY,
      onRequest: ({ operation }) => calls.push(`r2 ${operation}`),
      intercept: (request) => faults.r2?.(request),
    }),
  ]);
  const table = await createTable(dynamo.endpoint);
  const r2Config = {
    endpoint: r2.endpoint,
    buckets: { default: 'files', public: 'public' },
    credentials: async () => credentials,
    clock,
  };
  const files = createFileStore(table);
  const objects = createObjectStore({ ...r2Config, timeouts: { baseMs: 3000 } });
  const messages: CleanupMessage[] = [];
  const queue: CleanupQueue = {
    async send(message) {
      faults.queue?.();
      messages.push(message);
    },
  };
  const s3 = new S3Client({ endpoint: r2.endpoint, region: 'auto', forcePathStyle: true, credentials });
  const lifecycle = createLifecycleStore(table);
  const claims = createClaimStore(table);
  const scheduleDelete = createDeleteScheduler({ files, objects, queue, log: () => {} });
  const cleanDraft = (left: { claimId: string; draftId: string }) =>
    cleanDraftLater({ claims, files, clock, queue, scheduleDelete }, left);
  return {
    cleanDraft,
    /** For a second table beside this world's. */
    dynamoEndpoint: dynamo.endpoint,
    table,
    files,
    organizations: createOrganizationStore(table),
    objects,
    clock,
    r2Config,
    messages,
    calls,
    faults,
    time,
    queue,
    images: createImageProcessor(),
    parts: createPartStore(r2Config),
    signer: createUrlSigner(r2Config),
    scheduleDelete,
    lifecycle,
    claims,
    uploads: createUploadStore(table),
    types: createTypeDetector(),
    disposition: contentDisposition,
    /** The cleanup worker, until no message is left; delays are skipped. */
    async work(): Promise<void> {
      for (let message = messages.shift(); message !== undefined; message = messages.shift()) {
        await handleCleanup({ files, objects, lifecycle, queue, clock, cleanDraft }, message);
      }
    },
    /** Without what marks the bucket as this table's. */
    async objectKeys(bucket: BucketName = 'files'): Promise<string[]> {
      return (await this.allKeys(bucket)).filter((key) => !key.startsWith(markerPrefix));
    },
    async allKeys(bucket: BucketName = 'files'): Promise<string[]> {
      s3.config.systemClockOffset = time.offsetMs;
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
      return Contents.map(({ Key }) => Key ?? '');
    },
    /** Keys at which an upload in parts is under way. */
    async openUploads(): Promise<string[]> {
      s3.config.systemClockOffset = time.offsetMs;
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: 'files' }));
      return Uploads.map(({ Key }) => Key ?? '');
    },
    /** Everything in the table but what reconcile keeps for itself and counters that are back at zero, those of lists among them. */
    async items(): Promise<Record<string, unknown>[]> {
      const items = await allItems(table);
      const zero = ({ pk: _pk, sk, movedAt: _movedAt, ...counts }: Record<string, unknown>) =>
        sk === 'COUNTER'
          ? countsNothing(counts)
          : /^RANK/.test(String(sk)) && Object.values(counts).every((n) => n === 0);
      const notes = new RegExp(`^(${reconcileKey.pk}(#.*)?|${appsPk}|USAGE#.*)$`);
      return items.filter((item) => !notes.test(String(item.pk)) && !zero(item));
    },
    /** Lets every index catch up with what was written. */
    settleIndexes: () => dynamo.settleIndexes(),
    /** What listeners heard of everything that was written. */
    async heard() {
      await dynamo.settleChanges();
      return listener.events;
    },
    /** As new: no faults, the true time, no messages, objects or items, nothing counted. */
    async reset(): Promise<void> {
      for (const fault of ['dynamo', 'r2', 'queue'] as const) faults[fault] = undefined;
      time.offsetMs = 0;
      messages.length = 0;
      for (const Bucket of buckets) {
        for (const Key of await this.allKeys(Bucket)) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
      }
      for (const key of await this.openUploads()) await objects.abandon({ bucket: 'default', key });
      await emptyTable(table);
      (await this.heard()).length = 0;
      calls.length = 0;
    },
    async close(): Promise<void> {
      s3.destroy();
      await Promise.all([dynamo.close(), r2.close()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;
