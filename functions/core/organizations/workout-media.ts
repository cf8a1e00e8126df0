import { keySegment } from '#core/files/ids.ts';
import type { SignedUrl, UrlSigner } from '#core/files/ports.ts';
import { notActiveMember, notFound } from './refusals.ts';
import type { OrganizationStore } from './stores.ts';

/** Life of links in lists and pages, seconds (docs/contract.md, "Signed links"). */
export const linkSeconds = 3600;

/**
 * Links to media of one workout (docs/contract.md, "Workout media"). A workout's own keys are those below its prefix; a
 * key from anywhere else is not found, whatever lies there, and then no link is given at all. There is no record that
 * could name an owner: that the prefix is this organization's alone is what keeps others out. Signing is local.
 */
export async function workoutMediaUrls(
  deps: { organizations: OrganizationStore; signer: UrlSigner },
  { orgId, userId, workoutId, keys }: { orgId: string; userId: string; workoutId: string; keys: string[] },
): Promise<({ key: string } & SignedUrl)[]> {
  if (!(await deps.organizations.isActiveMember(orgId, userId))) throw notActiveMember();
  const prefix = `workouts/${keySegment(orgId)}/${keySegment(workoutId)}/`;
  if (!keys.every((key) => isBelow(prefix, key))) throw notFound('media of this workout');
  return await Promise.all(
    keys.map(async (key) => {
      const link = await deps.signer.presignGet(
        { bucket: 'default', key },
        { expiresInSeconds: linkSeconds, mode: 'stable' },
      );
      return { key, ...link };
    }),
  );
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
