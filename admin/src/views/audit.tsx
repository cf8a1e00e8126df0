import { Anchor, Text } from '@mantine/core';
import type { Schemas } from '../api.ts';
import { formatBytes, formatCount, formatDuration, words } from '../format.ts';
import { href } from '../route.ts';
import { useApi } from '../session.tsx';
import { type Column, List, useList } from '../ui/list.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { Time } from '../ui/values.tsx';

type Entry = Schemas['AuditEntry'];

/** What administrators changed, newest first. */
export function AuditView() {
  return (
    <Page title="Audit" about="What administrators changed, written down with the change itself and kept for 400 days.">
      <AuditList />
    </Page>
  );
}

/** The entries of all, or of one app. */
export function AuditList({ appId }: { appId?: string }) {
  const { call } = useApi();
  const list = useList<Entry>(['audit', appId], (cursor, signal) =>
    call('get', '/admin/audit', { query: { appId, cursor } }, { signal }),
  );
  return (
    <Panel flush title={appId === undefined ? undefined : 'What administrators changed'}>
      <List
        list={list}
        label="Audit"
        noun="entry"
        plural="entries"
        columns={columnsOf(appId === undefined)}
        keyOf={({ id }) => id}
        empty={
          <Empty title="Nothing was changed yet">Settings, keys, deleted files and reconcile runs appear here.</Empty>
        }
      />
    </Panel>
  );
}

const columnsOf = (everywhere: boolean): Column<Entry>[] => [
  {
    title: 'What',
    cell: (entry) => (
      <>
        <Text size="sm" fw={500}>
          {titles[entry.action] ?? words(entry.action)}
          {everywhere && entry.appId !== null && (
            <>
              {' · '}
              <Anchor href={href(['apps', entry.appId])}>{entry.appId}</Anchor>
            </>
          )}
        </Text>
        <Particulars entry={entry} />
        <div className="only-narrow">
          <Time value={entry.at} /> {entry.by}
        </div>
      </>
    ),
  },
  {
    title: 'By',
    wide: true,
    cell: ({ by }) => <span className="breakable">{by ?? <span className="dim">no name</span>}</span>,
  },
  { title: 'When', wide: true, cell: ({ at }) => <Time value={at} /> },
];

/** An API that is newer than the page may have others. */
const titles: Partial<Record<Entry['action'], string>> = {
  'app.settings.changed': 'Settings changed',
  'app.key.created': 'Key created',
  'app.key.revoked': 'Key revoked',
  'app.file.deleted': 'File deleted',
  'uploads.settings.changed': 'Settings of uploads changed',
  'uploads.file.deleted': 'Upload deleted',
  'organizations.file.deleted': 'File of an organization deleted',
  'reconcile.run': 'Reconcile run',
};

/** From what to what, and what else is known. */
function Particulars({ entry: { changes, details, subject } }: { entry: Entry }) {
  const told = Object.entries(details).filter(([, value]) => value !== null && value !== undefined && value !== false);
  return (
    <Text size="xs" c="dimmed" component="div" className="breakable">
      {Object.entries(changes).map(([name, { from, to }]) => (
        <div key={name}>
          {words(name)}: {written(from, name)} <span aria-hidden>→</span>
          <span className="unseen"> became </span> {written(to, name)}
        </div>
      ))}
      {told.map(([name, value]) => `${words(name)}: ${written(value, name)}`).join(' · ')}
      {subject && (
        <div>
          {subject.type} <code>{subject.id}</code>
        </div>
      )}
    </Text>
  );
}

/** The API's names of numbers end in what they count. */
function written(value: unknown, name: string): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'number') {
    if (/bytes/i.test(name)) return formatBytes(value);
    return /seconds$/i.test(name) ? formatDuration(value) : formatCount(value);
  }
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
