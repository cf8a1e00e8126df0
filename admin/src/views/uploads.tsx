import { Anchor, SegmentedControl, Tabs, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import type { Schemas } from '../api.ts';
import { counted } from '../format.ts';
import { go, setParams, useRoute } from '../route.ts';
import { useApi } from '../session.tsx';
import { ById, OnThisMachine } from '../ui/by-id.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { fileColumns } from '../ui/file-columns.tsx';
import { type Column, List, useList } from '../ui/list.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { Time } from '../ui/values.tsx';
import { UploadSettings } from './upload-settings.tsx';

type Upload = Schemas['UserUpload'];

/** Users' files of the uploads API, and its settings. */
export function UploadsView({ tab }: { tab: string }) {
  return (
    <Page title="Uploads" about="Public and private files that users store by the uploads API.">
      <Tabs
        value={tab}
        onChange={(next) => go(next === 'files' ? ['uploads'] : ['uploads', `${next}`])}
        keepMounted={false}
      >
        <Tabs.List className="tabs">
          <Tabs.Tab value="files">Files of a user</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="files" pt="lg">
          <Files />
        </Tabs.Panel>
        <Tabs.Panel value="settings" pt="lg">
          <UploadSettings />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Files() {
  const { call } = useApi();
  const queries = useQueryClient();
  const { params } = useRoute();
  const ownerId = params.get('user') ?? '';
  const state = params.get('state') === 'deleted' ? 'deleted' : 'stored';
  const list = useList<Upload>(
    ['uploads', ownerId, state],
    (cursor, signal) => call('get', '/admin/uploads', { query: { ownerId, state, cursor } }, { signal }),
    { enabled: ownerId !== '' },
  );
  const count = list.data?.pages.at(-1)?.count;
  const changed = () => {
    for (const key of ['uploads', 'audit']) void queries.invalidateQueries({ queryKey: [key] });
  };
  return (
    <Panel flush>
      <div className="filters">
        <ById label="User id" value={ownerId} onChoose={(user) => setParams({ user }, { push: true })} />
        <SegmentedControl
          aria-label="Which files"
          value={state}
          onChange={(next) => setParams({ state: next === 'deleted' ? next : undefined })}
          data={[
            { value: 'stored', label: 'Stored' },
            { value: 'deleted', label: 'Deleted' },
          ]}
        />
        {ownerId !== '' && count !== undefined && (
          <Text size="sm" c="dimmed">
            {counted(count, 'file')} in all
          </Text>
        )}
      </div>
      {ownerId === '' ? (
        <Empty title="Whose files?">
          Files are listed by their owner: enter the user’s id, as it is in the <code>sub</code> of their token.
          <OnThisMachine id="demo-user" to="#/uploads?user=demo-user" />
        </Empty>
      ) : (
        <List
          list={list}
          label="Uploads"
          noun="file"
          columns={columnsOf(changed).filter(({ title }) => title !== 'Goes' || state === 'deleted')}
          keyOf={({ id }) => id}
          empty={
            state === 'stored' ? (
              <Empty title="This user stores nothing">What they upload appears here, newest first.</Empty>
            ) : (
              <Empty title="Nothing deleted">Files that the user deleted and may still restore are listed here.</Empty>
            )
          }
        />
      )}
    </Panel>
  );
}

const columnsOf = (changed: () => void): Column<Upload>[] => [
  ...fileColumns<Upload>(
    (file) => <FileLink {...file} />,
    (file) => [file.mimeType, file.public && 'public', file.coinName].filter(Boolean).join(' · '),
  ),
  { title: 'Uploaded', wide: true, cell: ({ createdAt }) => <Time value={createdAt} /> },
  { title: 'Goes', wide: true, cell: ({ expiresAt }) => <Time value={expiresAt} distance /> },
  {
    title: 'Actions',
    hideTitle: true,
    numeric: true,
    cell: (file) => <DeleteUpload file={file} onDone={changed} />,
  },
];

/** The name, which opens the file where its bytes may be had. */
export const FileLink = ({ originalName, signedUrl }: { originalName: string; signedUrl?: string }) =>
  signedUrl ? (
    <Anchor href={signedUrl} target="_blank" rel="noreferrer noopener" fw={500}>
      {originalName || 'Without a name'}
    </Anchor>
  ) : (
    <Text fw={500} size="md">
      {originalName || 'Without a name'}
    </Text>
  );

function DeleteUpload({ file, onDone }: { file: Upload; onDone: () => void }) {
  const { call } = useApi();
  return (
    <Confirm
      label="Delete"
      name={file.originalName}
      title={`Delete ${file.originalName}?`}
      run={() => call('delete', '/admin/uploads/{fileId}', { path: { fileId: file.id } })}
      done={`${file.originalName} is deleted.`}
      onDone={onDone}
    >
      The file of <code>{file.userId}</code> goes at once and for good: without the grace period that its owner would
      have, so nobody can restore it. {file.public && 'Whoever has its public address gets an error. '}The deletion is
      written down in the audit.
    </Confirm>
  );
}
