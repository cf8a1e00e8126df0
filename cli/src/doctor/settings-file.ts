/** Deploy settings as far as they say where to look. Whether they can be deployed, synthesis says. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.ts';
import type { R2Place } from './look-at-buckets.ts';
import type { TokenPlace } from './look-at-issuer.ts';

export interface Settings {
  stage?: string;
  tokens: TokenPlace;
  r2?: R2Place;
  corsOrigins?: string[];
}

/** Reads them. Throws `settings_unreadable`. */
export async function readSettings(file: string): Promise<Settings> {
  let told: unknown;
  try {
    told = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(
      'settings_unreadable',
      `${file} ${code === undefined ? 'is no JSON' : `cannot be read: ${code}`}.`,
      2,
    );
  }
  const { tokens, r2, corsOrigins } = (told ?? {}) as Partial<Settings>;
  const texts = (value: object | undefined, names: string[]) =>
    value !== undefined && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'string');
  if (!texts(tokens, ['issuer', 'audience', 'jwksUrl']) || (r2 !== undefined && !texts(r2, ['endpoint', 'bucket']))) {
    throw new Failure('settings_unreadable', `${file} lacks tokens or r2 as lib/config-schema.ts has them.`, 2);
  }
  const stage = /^\.stowage\.([\w-]+)\.json$/.exec(path.basename(file))?.[1];
  const { endpoint, bucket, publicBucket, complianceBucket, publicBaseUrl, secretName } = r2 ?? ({} as R2Place);
  const where = { endpoint, bucket, publicBucket, complianceBucket, publicBaseUrl, secretName };
  const known = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined));
  const { issuer, audience, jwksUrl } = tokens as TokenPlace;
  return {
    tokens: { issuer, audience, jwksUrl },
    ...(r2 !== undefined && { r2: known as unknown as R2Place }),
    ...(stage !== undefined && { stage }),
    ...(corsOrigins !== undefined && { corsOrigins }),
  };
}
