import type { Schemas } from '../api.ts';
import { words } from '../format.ts';
import { go } from '../route.ts';
import { useApi } from '../session.tsx';
import { ById, OnThisMachine } from '../ui/by-id.tsx';
import { fileColumns } from '../ui/file-columns.tsx';
import { type Column, List, useList } from '../ui/list.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { Time } from '../ui/values.tsx';
import { FileLink } from './uploads.tsx';

type Upload = Schemas['OrganizationUpload'];

/** An organization's files of every kind. */
export function OrganizationsView({ orgId = '' }: { orgId: string | undefined }) {
  const { call } = useApi();
  const list = useList<Upload>(
    ['organization', orgId],
    (cursor, signal) =>
      call('get', '/admin/organizations/{orgId}/uploads', { path: { orgId }, query: { cursor } }, { signal }),
    { enabled: orgId !== '' },
  );
  return (
    <Page
      title="Organizations"
      about="Photos, pages, documents and exports of an organization that are not being deleted."
    >
      <Panel flush>
        <div className="filters">
          <ById label="Organization id" value={orgId} onChoose={(id) => go(['organizations', id])} />
        </div>
        {orgId === '' ? (
          <Empty title="Which organization?">
            Files are listed by organization: enter its id, as the platform names it.
            <OnThisMachine id="demo-org" to="#/organizations/demo-org" />
          </Empty>
        ) : (
          <List
            list={list}
            label={`Files of ${orgId}`}
            noun="file"
            columns={columns}
            keyOf={({ id }) => id}
            empty={
              <Empty title="This organization has no files">What its members upload appears here, newest first.</Empty>
            }
          />
        )}
      </Panel>
    </Page>
  );
}

const columns: Column<Upload>[] = [
  ...fileColumns<Upload>(
    (file) => <FileLink {...file} />,
    ({ ownerType, mimeType }) => `${words(ownerType)} · ${mimeType}`,
  ),
  { title: 'User', wide: true, cell: ({ userId }) => <span className="breakable">{userId}</span> },
  { title: 'Uploaded', wide: true, cell: ({ createdAt }) => <Time value={createdAt} /> },
  {
    title: 'Kept until',
    wide: true,
    cell: ({ retainedUntil, expiresAt }) => <Time value={retainedUntil ?? expiresAt} />,
  },
];
