import { Anchor, SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../api.ts';
import { formatBytes, formatCount } from '../format.ts';
import { href, setParams, useRoute } from '../route.ts';
import { useApi } from '../session.tsx';
import { Failure } from '../ui/failure.tsx';
import { type Column, List, useList } from '../ui/list.tsx';
import { Empty, Loading, Panel } from '../ui/page.tsx';
import { type Day, UsageChart } from '../ui/usage-chart.tsx';
import { Bytes, State } from '../ui/values.tsx';
import { Share } from './apps.tsx';

/** What an app uses now and has used, and who uses most. */
export function AppOverview({ appId }: { appId: string }) {
  const { admin } = useApi();
  const storage = useQuery({
    queryKey: ['storage', appId],
    queryFn: ({ signal }) => admin.storage.get(appId, { signal }),
  });
  if (storage.isPending) return <Loading rows={3} />;
  if (storage.error) return <Failure error={storage.error} retry={() => void storage.refetch()} />;
  return (
    <div className="overview">
      <Figures {...storage.data} />
      <Days appId={appId} limit={storage.data.settings.maxBytesPerApp} />
      <Users appId={appId} />
    </div>
  );
}

function Figures({ settings, usage }: Schemas['AppStorage']) {
  return (
    <dl className="figures">
      <div>
        <dt>Stored</dt>
        <dd>
          <Share usedBytes={usage.usedBytes} maxBytes={settings.maxBytesPerApp} />
        </dd>
      </div>
      <div>
        <dt>Files</dt>
        <dd className="figure">{formatCount(usage.fileCount)}</dd>
      </div>
      <div>
        <dt>Largest upload</dt>
        <dd className="figure">{formatBytes(settings.maxFileBytes)}</dd>
      </div>
      <div>
        <dt>Storage</dt>
        <dd>
          <State value={settings.enabled ? 'on' : 'off'} />
        </dd>
      </div>
    </dl>
  );
}

function Days({ appId, limit }: { appId: string; limit: number }) {
  const { call } = useApi();
  const days = useQuery({
    queryKey: ['usage', appId, 'day'],
    queryFn: ({ signal }) =>
      call(
        'get',
        '/admin/extensions/apps/{appId}/usage',
        { path: { appId }, query: { by: 'day', limit: 90 } },
        { signal },
      ),
  });
  const known = (days.data?.items ?? []).filter((item): item is Day => item.day !== undefined).reverse();
  return (
    <Panel title="Stored over the last 90 days">
      {days.isPending && <Loading rows={4} />}
      {days.error && <Failure error={days.error} retry={() => void days.refetch()} />}
      {days.data && <UsageChart days={known} limit={limit} />}
    </Panel>
  );
}

type Usage = { sessionId?: string; userId?: string; usedBytes: number; fileCount: number };

/** Sessions, or users by what they have staged, most first. */
function Users({ appId }: { appId: string }) {
  const { call } = useApi();
  const by = useRoute().params.get('by') === 'user' ? 'user' : 'session';
  const list = useList<Usage>(['usage', appId, by], (cursor, signal) =>
    call(
      'get',
      '/admin/extensions/apps/{appId}/usage',
      { path: { appId }, query: { by, limit: 20, cursor } },
      { signal },
    ),
  );
  const columns: Column<Usage>[] = [
    {
      title: by === 'session' ? 'Session' : 'User',
      cell: ({ sessionId, userId }) => (
        <Anchor
          href={href(['apps', appId, 'files'], sessionId ? { sessionId } : { userId, state: 'staged' })}
          className="breakable"
        >
          {sessionId ?? userId}
        </Anchor>
      ),
    },
    {
      title: by === 'session' ? 'Stored' : 'Staged',
      numeric: true,
      cell: ({ usedBytes }) => <Bytes value={usedBytes} />,
    },
    { title: 'Files', numeric: true, cell: ({ fileCount }) => formatCount(fileCount) },
  ];
  return (
    <Panel
      title="Who uses it"
      flush
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Usage by"
          value={by}
          onChange={(next) => setParams({ by: next === 'user' ? next : undefined })}
          data={[
            { value: 'session', label: 'Sessions' },
            { value: 'user', label: 'Staging users' },
          ]}
        />
      }
    >
      <List
        list={list}
        label="Usage"
        noun={by}
        columns={columns}
        keyOf={({ sessionId, userId }) => `${sessionId ?? userId}`}
        empty={
          <Empty title={by === 'session' ? 'No session stores anything' : 'No user has anything staged'}>
            Who is listed is what the last hourly reconcile saw; an hour may pass after a first file.
          </Empty>
        }
      />
      {list.rows.length > 0 && (
        <Text size="xs" c="dimmed" className="panel-note">
          In the order of what they used when reconcile last passed, which is every hour.
        </Text>
      )}
    </Panel>
  );
}
