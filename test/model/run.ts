import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { createClaimStore } from '#adapters/dynamo/claim-store.ts';
import type { Table } from '#adapters/dynamo/client.ts';
import { createFileStore } from '#adapters/dynamo/file-store.ts';
import { createLifecycleStore } from '#adapters/dynamo/lifecycle-store.ts';
import { createReconcileStore } from '#adapters/dynamo/reconcile-store.ts';
import { createUploadStore } from '#adapters/dynamo/upload-store.ts';
import { createTypeDetector } from '#adapters/file-type/type-detector.ts';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import { createObjectStore } from '#adapters/r2/object-store.ts';
import { createPartStore } from '#adapters/r2/part-store.ts';
import { createUrlSigner } from '#adapters/r2/url-signer.ts';
import { contentDisposition } from '#contracts/file-name.ts';
import type { CleanupMessage, CleanupQueue } from '#core/files/cleanup-queue.ts';
import { createDeleteScheduler } from '#core/files/delete.ts';
import type { Clock, ObjectStore, PartStore } from '#core/files/ports.ts';
import type { LifecycleEvent } from '#core/lifecycle/events.ts';
import type { ObjectLister } from '#core/reconcile/ports.ts';
import { startDynamo } from '#local/dynamo/server.ts';
import { startR2 } from '#local/r2/server.ts';
import { underLoad } from '#test/support/load.ts';
import { createTable } from '#test/support/tables.ts';
import { listen } from '#test/support/told.ts';
import { images } from './image.ts';
import { watchLimits } from './limits.ts';
import type { Step } from './turns.ts';

export type Message = { id: number; dueAt: number } & (
  | { queue: 'cleanup'; body: CleanupMessage }
  | { queue: 'lifecycle'; body: LifecycleEvent }
);

const accessKeys = { accessKeyId: 'local', secretAccessKey: 'secret' };

/**
 * The servers all runs share: the one-machine table and bucket, on a clock that the run of the moment moves. Starting
 * them costs more than most runs.
 */
export async function startServers() {
  const dir = await mkdtemp(join(tmpdir(), 'stowage-model-'));
  const time = { now: Date.now() };
  const expired: DynamoDBRecord[] = [];
  const listener = listen();
  const [dynamo, r2] = await Promise.all([
    startDynamo({
      now: () => time.now,
      readers: [listener.reader],
      onTtlRemoval: (record) => void expired.push(record),
      // Calls come one after the other here, so whom they meet is a stranger; and who waits between two calls, as for the
      // rest of a batch, would wait out of turn.
      load: { ...underLoad, holdMs: [0, 1], heldShare: 0.01, unprocessedShare: 0 },
    }),
    startR2({
      dir,
      credentials: accessKeys,
      buckets: [{ name: 'files' }],
      clock: { now: () => new Date(time.now) },
      // The model's clock stands still during a step, so that the second of R2's rate limit would never be over.
      writesPerKeyPerSecond: Number.POSITIVE_INFINITY,
    }),
  ]);
  /** Every look at the clock takes a millisecond, so that ids sort by when they were made. */
  const clock: Clock = { now: () => new Date(time.now++) };
  const r2Config = { endpoint: r2.endpoint, buckets: { default: 'files' }, credentials: async () => accessKeys, clock };
  return {
    dynamo,
    time,
    clock,
    expired,
    told: listener.events,
    r2Config,
    lister: createObjectLister(r2Config),
    objects: createObjectStore(r2Config),
    parts: createPartStore(r2Config),
    async close(): Promise<void> {
      await Promise.all([dynamo.close(), r2.close()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export type Servers = Awaited<ReturnType<typeof startServers>>;

/**
 * One world of the model: the real stores with nothing in them, queues that are lists. `ports(step)` are the adapters
 * with every call to the outside going through `step`.
 */
export async function openRun(servers: Servers) {
  const { dynamo, time, clock, expired, told, r2Config, lister, objects, parts } = servers;
  time.now = Date.now();
  expired.length = 0;
  await dynamo.settleChanges();
  told.length = 0;
  const table = await createTable(dynamo.endpoint);
  const limits = watchLimits(table);
  const messages: Message[] = [];
  let lastMessage = 0;

  function enqueue(message: { queue: 'cleanup'; body: CleanupMessage } | { queue: 'lifecycle'; body: LifecycleEvent }) {
    return async (delaySeconds = 0) => {
      lastMessage += 1;
      messages.push({ id: lastMessage, dueAt: time.now + delaySeconds * 1000, ...message });
    };
  }

  const steppedParts = (step: Step): PartStore => ({
    begin: (...given) => step('r2 begin', () => parts.begin(...given)),
    list: (...given) => step('r2 list parts', () => parts.list(...given)),
    join: (...given) => step('r2 join', () => parts.join(...given)),
    abort: (...given) => step('r2 abort', () => parts.abort(...given)),
  });

  function ports(step: Step) {
    // The SDK's paginators ask what client they were given.
    const documents = Object.assign(Object.create(DynamoDBDocumentClient.prototype) as Table['documents'], {
      send: (command: { constructor: { name: string } }) =>
        step(`dynamo ${command.constructor.name.replace(/Command$/, '')}`, async () => {
          const send = table.documents.send.bind(table.documents) as (command: unknown) => Promise<unknown>;
          return await limits(command, () => send(command));
        }),
    });
    // Nothing takes time here, and others may come between.
    const stepped = { ...table, documents, wait: () => step('pause', async () => undefined) };
    const files = createFileStore(stepped);
    const bucket: ObjectStore = {
      put: (...given) => step('r2 put', () => objects.put(...given)),
      head: (...given) => step('r2 head', () => objects.head(...given)),
      get: (...given) => step('r2 get', () => objects.get(...given)),
      copy: (...given) => step('r2 copy', () => objects.copy(...given)),
      delete: (...given) => step('r2 delete', () => objects.delete(...given)),
      abandon: (...given) => step('r2 abandon', () => objects.abandon(...given)),
    };
    const queue: CleanupQueue = {
      send: (body, delaySeconds) => step(`send ${body.type}`, () => enqueue({ queue: 'cleanup', body })(delaySeconds)),
    };
    return {
      files,
      objects: bucket,
      queue,
      clock,
      images,
      claims: createClaimStore(stepped),
      uploads: createUploadStore(stepped),
      parts: steppedParts(step),
      types: createTypeDetector(),
      disposition: contentDisposition,
      lifecycle: createLifecycleStore(stepped),
      store: createReconcileStore(stepped),
      signer: createUrlSigner({ ...r2Config, clock }),
      lister: {
        list: (...given) => step('r2 list', () => lister.list(...given)),
        listUploads: (...given) => step('r2 list uploads', () => lister.listUploads(...given)),
      } satisfies ObjectLister,
      buckets: ['default' as const],
      graceMs: 0,
      log: () => {},
      scheduleDelete: createDeleteScheduler({ files, objects: bucket, queue, log: () => {} }),
    };
  }

  return {
    time,
    clock,
    table,
    messages,
    /** Stream records of the expiry tickets that TTL has removed and no worker has taken. */
    expired,
    lister,
    objects,
    ports,
    async sweepTtl(): Promise<number> {
      await dynamo.settleIndexes();
      return await dynamo.sweepTtl();
    },
    /** Indexes lag until time passes or somebody looks at everything. */
    settleIndexes: () => dynamo.settleIndexes(),
    /** Every event of what was written until now. */
    async heard() {
      await dynamo.settleChanges();
      return [...told];
    },
    sendEvent: (body: LifecycleEvent) => enqueue({ queue: 'lifecycle', body })(),
    async close(): Promise<void> {
      const { objects: left } = await lister.list('default', {});
      for (const { key } of left) await objects.delete({ bucket: 'default', key });
      await table.documents.send(new DeleteTableCommand({ TableName: table.name }) as never);
      table.documents.destroy();
    },
  };
}

export type Run = Awaited<ReturnType<typeof openRun>>;
export type Ports = ReturnType<Run['ports']>;
