import type { Page, PageRequest } from '#core/files/store.ts';
import type { OrganizationReader, Parent, ParentKind } from './stores.ts';

/**
 * A page of a user's rows, newest first (docs/contract.md, "Parent rows"). Where the user asks, without those of organizations
 * that they are no active member of any more: links in them would open. The platform is shown them all.
 *
 * Round trips: a query, and a read for each organization on the page.
 */
export async function listParents(
  organizations: OrganizationReader,
  { asMember, ...of }: { kind: ParentKind; userId: string; orgId?: string | undefined; asMember: boolean },
  page: PageRequest,
): Promise<Page<Parent>> {
  const found = await organizations.listParents(of, page);
  if (!asMember) return found;
  const orgIds = [...new Set(found.items.map(({ orgId }) => orgId))];
  const active = await Promise.all(orgIds.map((orgId) => organizations.isActiveMember(orgId, of.userId)));
  const open = new Set(orgIds.filter((_, index) => active[index]));
  return { ...found, items: found.items.filter(({ orgId }) => open.has(orgId)) };
}
