import * as z from 'zod/mini';
import { keyAnswer } from '#contracts/admin-views.ts';
import type { Contract } from '#contracts/contract.ts';
import { appParams } from '#contracts/parameters.ts';
import { newDeveloperKey } from '#core/extensions/developer-keys.ts';
import { keyReused } from '#core/files/idempotency.ts';
import { developerKeyHash } from '#http/bearer.ts';
import { developerKeyChanges } from '#runtime/admin-container.ts';
import { authorOf } from '#runtime/author.ts';
import { clock } from '#runtime/container.ts';
import { claimOf } from '#runtime/idempotency.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'The only answer that ever holds the key; what is stored is its hash. A repeat with the same Idempotency-Key gets another key in its place.',
  params: appParams,
  json: z.strictObject({ label: z.string().check(z.trim(), z.minLength(1), z.maxLength(100)) }),
  success: 201,
  answer: z.extend(keyAnswer, { key: z.string() }),
  idempotent: true,
} satisfies Contract;

export const handler = serve('admin/developer-keys-create', contract, async (request) => {
  const { caller, params, json } = request;
  const { appId } = params;
  const key = newDeveloperKey(appId);
  const { keyId, secretHash } = developerKeyHash(key);
  const record = { keyId, appId, label: json.label, createdAt: clock.now().toISOString() };
  const claim = claimOf('admin/developer-keys-create', request);
  if ((await developerKeyChanges().create(record, secretHash, authorOf(caller), claim)) !== 'written')
    throw keyReused();
  return { ...record, key };
});
