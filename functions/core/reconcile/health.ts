/**
 * What can only be seen from inside a stage: whether its function's rights, its secret and its buckets work, and whether
 * bucket and table belong together. Reads a handful of small things, changes nothing, and tells no secret.
 */
import { type Bucket, type Clock, ObjectStoreError } from '#core/files/ports.ts';
import { bindingMessages, bindingOf } from './binding.ts';
import type { ObjectLister } from './ports.ts';
import type { RunState, RunStore } from './stores.ts';

export const healthStates = ['ok', 'failed', 'unknown'] as const;

export interface HealthCheck {
  name: 'table' | 'secret' | 'reconcile' | `bucket.${Bucket}` | `binding.${Bucket}`;
  /** `unknown` where what it rests on failed, or there is nothing to look at yet. */
  state: (typeof healthStates)[number];
  /** For programs; absent where all is well. */
  code?: string;
  /** What was found, and what to do about it. */
  message: string;
}

export interface Health {
  at: Date;
  healthy: boolean;
  checks: HealthCheck[];
}

export interface HealthDeps {
  store: Pick<RunStore, 'tableId' | 'state'>;
  /** Reads the credentials anew, and has `lister` use what it read. */
  readSecret: () => Promise<unknown>;
  lister: Pick<ObjectLister, 'list'>;
  /** None where storage is not configured. */
  buckets: Bucket[];
  clock: Clock;
  log: (level: 'WARN', message: string, facts: Record<string, unknown>) => void;
}

/** The schedule goes through all of a table within hours; `…NotCompleted` rings after so long, too. */
const passIsOldAfterMs = 24 * 3_600_000;

/** Looks at everything once. Never rejects for what it finds: that is its answer. */
export async function healthOf(deps: HealthDeps): Promise<Health> {
  const at = deps.clock.now();
  const [known, secret] = await Promise.all([lookAtTable(deps), lookAtSecret(deps)]);
  const ofBuckets = await Promise.all(deps.buckets.map((bucket) => lookAtBucket(deps, bucket, known, secret)));
  const checks = [known.check, secret, ...ofBuckets.flat(), lookAtReconcile(known.state, at)];
  return { at, healthy: checks.every(({ state }) => state !== 'failed'), checks };
}

interface KnownTable {
  check: HealthCheck;
  table?: string;
  state?: RunState;
}

async function lookAtTable({ store, log }: HealthDeps): Promise<KnownTable> {
  try {
    const [table, state] = await Promise.all([store.tableId(), store.state()]);
    return { check: { name: 'table', state: 'ok', message: 'The table answers.' }, table, state };
  } catch (error) {
    // What DynamoDB says names the account and the table: for the log, not for an answer.
    log('WARN', 'the table could not be read', { error: error instanceof Error ? error.message : String(error) });
    const message = `The table does not answer (${error instanceof Error ? error.name : 'unknown'}). Look for this request in the log of the function.`;
    return { check: { name: 'table', state: 'failed', code: 'table_unavailable', message } };
  }
}

async function lookAtSecret({ readSecret, buckets }: HealthDeps): Promise<HealthCheck> {
  if (buckets.length === 0) {
    const message = 'No bucket is configured: everything that stores answers 503. Set r2 in the deploy settings.';
    return { name: 'secret', state: 'failed', code: 'storage_not_configured', message };
  }
  try {
    await readSecret();
    return { name: 'secret', state: 'ok', message: 'The secret can be read and has both fields.' };
  } catch (error) {
    const { reason, message } = inOurWords(error);
    return { name: 'secret', state: 'failed', code: `secret_${reason}`, message };
  }
}

async function lookAtBucket(
  { lister }: HealthDeps,
  bucket: Bucket,
  { table, state }: KnownTable,
  secret: HealthCheck,
): Promise<HealthCheck[]> {
  const names = { bucket: `bucket.${bucket}`, binding: `binding.${bucket}` } as const;
  const unknown = (name: HealthCheck['name'], of: string): HealthCheck => ({
    name,
    state: 'unknown',
    code: 'not_looked_at',
    message: `Not looked at: ${of} has to work first.`,
  });
  if (secret.state !== 'ok') return [unknown(names.bucket, 'the secret'), unknown(names.binding, 'the secret')];
  const told = { table: table ?? '', state: state ?? { generation: 0, buckets: [], confirmedThrough: {} } };
  let verdict: Awaited<ReturnType<typeof bindingOf>>;
  try {
    verdict = await bindingOf({ lister }, told, bucket);
  } catch (error) {
    const { reason, message } = inOurWords(error);
    const check = { name: names.bucket, state: 'failed' as const, code: `bucket_${reason}`, message };
    return [check, unknown(names.binding, 'the bucket')];
  }
  const reached: HealthCheck = { name: names.bucket, state: 'ok', message: 'The bucket answers to these credentials.' };
  if (table === undefined) return [reached, unknown(names.binding, 'the table')];
  return [reached, bindingCheck(names.binding, bucket, verdict)];
}

function bindingCheck(
  name: HealthCheck['name'],
  bucket: Bucket,
  verdict: Awaited<ReturnType<typeof bindingOf>>,
): HealthCheck {
  if (verdict === undefined) return { name, state: 'ok', message: 'Bucket and table belong together.' };
  if (verdict !== 'unbound') return { name, state: 'failed', code: verdict, message: bindingMessages[verdict](bucket) };
  const message =
    'Not bound to the table yet: the first reconcile does that within the hour, or POST /admin/reconcile {"dryRun": false} now.';
  return { name, state: 'unknown', code: verdict, message };
}

function lookAtReconcile(state: RunState | undefined, at: Date): HealthCheck {
  const name = 'reconcile';
  if (state === undefined) return { name, state: 'unknown', code: 'not_looked_at', message: 'Not looked at.' };
  const began = state.lastPassStartedAt;
  if (began === undefined) {
    const message = 'No pass of the hourly schedule has been completed yet.';
    return { name, state: 'unknown', code: 'reconcile_never_completed', message };
  }
  const when = new Date(began).toISOString();
  if (at.getTime() - began < passIsOldAfterMs)
    return { name, state: 'ok', message: `The last complete pass began at ${when}.` };
  const message = `The last complete pass began at ${when}, more than a day ago: it throws, is stopped, or never gets through. See the log of its function.`;
  return { name, state: 'failed', code: 'reconcile_overdue', message };
}

/** Messages of the port name operation and code, never a URL or a secret; anything else is a fault of ours. */
function inOurWords(error: unknown): { reason: string; message: string } {
  if (!(error instanceof ObjectStoreError)) throw error;
  return { reason: error.reason, message: error.message };
}
