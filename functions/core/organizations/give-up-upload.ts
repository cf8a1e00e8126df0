import type { Clock } from '#core/files/ports.ts';
import type { OrganizationFile } from '#core/files/record.ts';
import { isStaged } from './consuming.ts';
import { notActiveMember, notFound } from './refusals.ts';
import type { OrganizationChange, OrganizationStore } from './stores.ts';

interface Deps {
  organizations: OrganizationStore;
  clock: Clock;
  scheduleDelete: (fileId: string) => Promise<void>;
}

interface Which {
  orgId: string;
  userId: string;
  uploadId: string;
  /** The user asks, who must be an active member; the platform may for a former one. */
  asMember: boolean;
}

/** What is presigned for a member. Signatures, documents and exports are the platform's affair, whoever is noted with them. */
const presignedForMembers: readonly OrganizationFile['ownerType'][] = [
  'exercise_comment',
  'progress_photo',
  'message',
  'logo',
  'minisite_asset',
  'workout_media',
];

/**
 * Gives up an upload that nothing has taken yet (docs/contract.md, "Presign and PUT"): it can no longer be consumed, and its
 * bytes go, those too that a late PUT brings. Of this and a row that takes it at the same moment one wins. Throws
 * `not_active_member`, and `not_found` for what is unknown, expired, consumed or another's.
 */
export async function giveUpUpload(deps: Deps, { orgId, userId, uploadId, asMember }: Which): Promise<void> {
  const { organizations, clock } = deps;
  const isMember = !asMember || (await organizations.isActiveMember(orgId, userId));
  if (!isMember) throw notActiveMember();
  const [file] = await organizations.getFiles([uploadId]);
  const now = clock.now();
  const isOwn = file?.orgId === orgId && file.userId === userId && presignedForMembers.includes(file.ownerType);
  if (!isOwn || !isStaged(file, now)) throw notFound('upload');
  const changes: OrganizationChange[] = [
    ...(asMember ? [{ kind: 'member' as const, orgId, userId }] : []),
    { kind: 'release', file, now },
  ];
  const refused = await organizations.commit(changes);
  if (refused.includes('member')) throw notActiveMember();
  // A pending upload is moved by what takes it and by what ends it: either way there is none to give up.
  if (refused.length > 0) throw notFound('upload');
  await deps.scheduleDelete(file.id);
}
