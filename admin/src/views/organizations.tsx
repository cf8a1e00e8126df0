import { useQueryClient } from '@tanstack/react-query';
import type { Schemas } from '../api.ts';
import { words } from '../format.ts';
import { go } from '../route.ts';
import { useApi } from '../session.tsx';
import { ById, OnThisMachine } from '../ui/by-id.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { fileColumns } from '../ui/file-columns.tsx';
import { type Column, List, useList } from '../ui/list.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { Time } from '../ui/values.tsx';
import { FileLink } from './uploads.tsx';

type Upload = Schemas['OrganizationUpload'];

/** An organization's files of every kind. */
export function OrganizationsView({ orgId = '' }: { orgId: string | undefined }) {
  const { call } = useApi();
  const queries = useQueryClient();
  const list = useList<Upload>(
    ['organization', orgId],
    (cursor, signal) =>
      call('get', '/admin/organizations/{orgId}/uploads', { path: { orgId }, query: { cursor } }, { signal }),
    { enabled: orgId !== '' },
  );
  const changed = () => {
    for (const key of ['organization', 'audit']) void queries.invalidateQueries({ queryKey: [key] });
  };
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
            columns={columnsOf(changed)}
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

const columnsOf = (changed: () => void): Column<Upload>[] => [
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
  {
    title: 'Actions',
    hideTitle: true,
    numeric: true,
    cell: (file) => mayGo(file) && <DeleteFile file={file} onDone={changed} />,
  },
];

/** What must be kept the API refuses to delete, so that nobody needs to try. */
const mayGo = ({ retainedUntil }: Upload) => retainedUntil === null || Date.parse(retainedUntil) <= Date.now();

function DeleteFile({ file, onDone }: { file: Upload; onDone: () => void }) {
  const { call } = useApi();
  const path = { orgId: file.organizationId, fileId: file.id };
  return (
    <Confirm
      label="Delete"
      name={file.originalName}
      title={`Delete ${file.originalName}?`}
      run={() => call('delete', '/admin/organizations/{orgId}/uploads/{fileId}', { path })}
      done={`${file.originalName} is deleted.`}
      onDone={onDone}
    >
      The file of <code>{file.userId}</code> goes at once and for good.{' '}
      {file.parentId !== null && 'What has it goes on naming it, with a link that leads nowhere. '}The deletion is
      written down in the audit.
    </Confirm>
  );
}
