import { Anchor, Pill, Select, Text } from '@mantine/core';
import type { AppFile } from '../api.ts';
import { words } from '../format.ts';
import { href, setParams, useRoute } from '../route.ts';
import { useApi } from '../session.tsx';
import { fileColumns } from '../ui/file-columns.tsx';
import { type Column, List, useList } from '../ui/list.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { Search } from '../ui/search.tsx';
import { Time } from '../ui/values.tsx';
import { FileDrawer } from './file.tsx';

const states = ['pending', 'staged', 'claimed', 'session', 'expired', 'deleting'] as const;

/** An app's files in any state, narrowed by what the address says. */
export function FilesView({ appId }: { appId: string }) {
  const { call } = useApi();
  const { params } = useRoute();
  const state = states.find((known) => known === params.get('state'));
  const [search, sessionId, userId] = ['search', 'sessionId', 'userId'].map((name) => params.get(name) ?? undefined);
  const query = { state, search, sessionId, userId };
  const list = useList(['files', appId, query], (cursor, signal) =>
    call('get', '/admin/extensions/apps/{appId}/files', { path: { appId }, query: { ...query, cursor } }, { signal }),
  );
  const narrowed = Object.values(query).some((value) => value !== undefined);
  const fileId = params.get('file') ?? undefined;
  return (
    <>
      <Panel flush>
        <div className="filters">
          <Search param="search" label="Search files" placeholder="Search by name" />
          <Select
            aria-label="State"
            placeholder="Any state"
            className="narrow"
            clearable
            clearButtonProps={{ 'aria-label': 'Any state', tabIndex: 0 }}
            value={state ?? null}
            onChange={(next) => setParams({ state: next ?? undefined })}
            data={states.map((value) => ({ value, label: words(value) }))}
          />
          <Search param="userId" label="User" placeholder="User id" />
          {sessionId && (
            <Pill
              withRemoveButton
              removeButtonProps={{ 'aria-label': 'Of any session', tabIndex: 0, 'aria-hidden': undefined }}
              onRemove={() => setParams({ sessionId: undefined })}
            >
              Session {sessionId}
            </Pill>
          )}
        </div>
        <List
          list={list}
          label="Files"
          noun="file"
          columns={columnsOf(appId, params)}
          keyOf={({ id }) => id}
          empty={
            narrowed ? (
              <Empty title="No file matches">
                Search looks for a part of the name. Files that are being deleted are listed by that state only.
              </Empty>
            ) : (
              <Empty title="No files yet">What the app’s sessions and users upload appears here, newest first.</Empty>
            )
          }
        />
      </Panel>
      <FileDrawer appId={appId} fileId={fileId} onClose={() => setParams({ file: undefined })} />
    </>
  );
}

const columnsOf = (appId: string, params: URLSearchParams): Column<AppFile>[] => [
  ...fileColumns<AppFile>(
    (file) => (
      <Anchor href={href(['apps', appId, 'files'], { ...Object.fromEntries(params), file: file.id })} fw={500}>
        {file.originalName || 'Without a name'}
      </Anchor>
    ),
    ({ mimeType, width, height }) => `${mimeType}${width && height ? ` · ${width} × ${height}` : ''}`,
  ),
  { title: 'Belongs to', wide: true, cell: (file) => <Belongs file={file} /> },
  { title: 'Uploaded', wide: true, cell: ({ createdAt }) => <Time value={createdAt} /> },
];

function Belongs({ file: { holder, sessionId, userId } }: { file: AppFile }) {
  return (
    <div className="breakable">
      {userId}
      {(holder || sessionId) && (
        <Text size="xs" c="dimmed">
          {holder ? `${holder.type} ${holder.id}` : `session ${sessionId}`}
        </Text>
      )}
    </div>
  );
}
