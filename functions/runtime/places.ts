/** What the environment alone says of places and of scanning: nothing has to be opened for it. */
import type { Places } from '#contracts/upload-views.ts';
import type { ScanPolicy } from '#core/files/quarantine.ts';
import { env } from './env.ts';
import { envNames } from './env-names.ts';

/** What the deploy settings say of scanning; nothing where it is off. */
export const scanPolicy = (): ScanPolicy | undefined => {
  const { [envNames.scanTimeoutMinutes]: minutes, [envNames.scanOnTimeout]: onTimeout } = env();
  return minutes === undefined || onTimeout === undefined ? undefined : { timeoutMs: minutes * 60_000, onTimeout };
};

/** Where uploads are, as their owners are told. */
export const uploadPlaces = (): Places => ({
  buckets: { default: env()[envNames.r2Bucket], public: env()[envNames.r2PublicBucket] },
  endpoint: env()[envNames.r2Endpoint],
  publicBaseUrl: env()[envNames.publicBaseUrl],
});
