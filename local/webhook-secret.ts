/** What webhooks of the one-machine cloud are signed with: made once a folder, so that a receiver knows it after a restart. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writePrivate } from './files.ts';

/** The secret of a folder, `whsec_...`, made when there is none. */
export function webhookSecretOf(dir: string): string {
  const file = path.join(dir, 'webhook-secret');
  if (!existsSync(file)) writePrivate(file, `whsec_${randomBytes(32).toString('base64')}`);
  return readFileSync(file, 'utf8');
}

/** The receivers that STOWAGE_LOCAL_WEBHOOK names, separated by commas. Throws for what is no URL. */
export function webhooksFromEnv(text: string | undefined): { url: string }[] {
  const urls = (text ?? '').split(',').filter((url) => url.trim() !== '');
  for (const url of urls) {
    if (!URL.canParse(url.trim())) throw new Error(`STOWAGE_LOCAL_WEBHOOK names "${url}": it must be a URL`);
  }
  return urls.map((url) => ({ url: url.trim() }));
}
