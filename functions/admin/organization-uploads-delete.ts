import { organizationFileParams } from '#contracts/admin-queries.ts';
import type { Contract } from '#contracts/contract.ts';
import { deleteOrganizationFile } from '#core/organizations/administration.ts';
import { authorOf } from '#runtime/author.ts';
import { organizationDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  tag: 'admin',
  description:
    'At once and for good, whatever has it; what must be kept is refused with `retained_until`. A row, page or logo that names the file goes on naming it, with a link behind which nothing is. Of a file that is being deleted already the clean-up is asked for again.',
  params: organizationFileParams,
  success: 204,
  refuses: ['retained_until'],
} satisfies Contract;

export const handler = serve('admin/organization-uploads-delete', contract, async ({ caller, params }) => {
  await deleteOrganizationFile(organizationDeps(), { ...params, author: authorOf(caller) });
});
