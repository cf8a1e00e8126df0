/** The parts of the administrator's look at a stage, apart from the others, which no other function has. */
import { createRunStore } from '#adapters/dynamo/reconcile-runs.ts';
import { createObjectLister } from '#adapters/r2/object-lister.ts';
import { createSecretReader } from '#adapters/secrets/r2-credentials.ts';
import { AppError } from '#core/files/errors.ts';
import { clock, once, ownBuckets, r2, table } from './container.ts';
import { remainingMs } from './deadline.ts';
import { isStorageConfigured, required } from './env.ts';
import { envNames } from './env-names.ts';
import { log } from './log.ts';

/** What the administrator's look at the stage works with: credentials as the secret has them now, not as it had them. */
export const healthDeps = /* @__PURE__ */ once(() => {
  const common = { store: createRunStore(table()), clock, log };
  const unconfigured = async () => {
    throw new AppError('storage_not_configured', 'No bucket is configured.');
  };
  if (!isStorageConfigured())
    return { ...common, buckets: [], readSecret: unconfigured, lister: { list: unconfigured } };
  const read = createSecretReader({ secretId: required(envNames.r2SecretId), remainingMs });
  let latest: ReturnType<typeof read> | undefined;
  const held = () => {
    latest ??= read();
    return latest;
  };
  return {
    ...common,
    buckets: ownBuckets(r2()),
    readSecret: () => {
      latest = read();
      return latest;
    },
    // Refused ones are what the secret holds: nothing is to be gained from reading it once more.
    lister: createObjectLister({ ...r2(), credentials: Object.assign(held, { refused: held }) }),
  };
});
