import { keySegment } from '#core/files/ids.ts';
import { inParallel } from '#core/files/in-parallel.ts';
import type { ObjectStore, SignedUrl, UrlSigner } from '#core/files/ports.ts';
import { notActiveMember, notFound } from './refusals.ts';
import type { OrganizationReader } from './stores.ts';

/** Life of links in lists and pages, seconds (docs/contract.md, "Signed links"). */
export const linkSeconds = 3600;

/** Where the media of a workout lie. */
export const workoutPrefix = (orgId: string, workoutId: string): string =>
  `workouts/${keySegment(orgId)}/${keySegment(workoutId)}/`;

/**
 * Links to media of one workout (docs/contract.md, "Workout media"). A workout's own keys are those below its prefix; a
 * key from anywhere else is not found, whatever lies there, and then no link is given at all. What an older
 * store put there has no record that could name an owner: that the prefix is this organization's alone is what keeps others out. The
 * bucket is asked for each, so that no link is given to what is not there.
 */
export async function workoutMediaUrls(
  deps: { organizations: OrganizationReader; objects: ObjectStore; signer: UrlSigner },
  { orgId, userId, workoutId, keys }: { orgId: string; userId: string; workoutId: string; keys: string[] },
): Promise<{ links: ({ key: string } & SignedUrl)[]; missing: string[] }> {
  if (!(await deps.organizations.isActiveMember(orgId, userId))) throw notActiveMember();
  const prefix = workoutPrefix(orgId, workoutId);
  if (!keys.every((key) => isBelow(prefix, key))) throw notFound('media of this workout');
  const there = new Set<string>();
  await inParallel([...new Set(keys)], async (key) => {
    if ((await deps.objects.head({ bucket: 'default', key })) !== undefined) there.add(key);
  });
  const links = await Promise.all(
    keys
      .filter((key) => there.has(key))
      .map(async (key) => {
        const ref = { bucket: 'default', key } as const;
        return { key, ...(await deps.signer.presignGet(ref, { expiresInSeconds: linkSeconds, mode: 'stable' })) };
      }),
  );
  return { links, missing: keys.filter((key) => !there.has(key)) };
}

/** Below, and nowhere else after URL parsers have folded `.` and `..` away; R2 takes keys of up to 1024 bytes. */
function isBelow(prefix: string, key: string): boolean {
  const segments = key.slice(prefix.length).split('/');
  return (
    key.startsWith(prefix) &&
    key.isWellFormed() &&
    Buffer.byteLength(key) <= 1024 &&
    segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..')
  );
}
