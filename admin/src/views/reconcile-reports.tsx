import { Accordion, Button, Group, Text } from '@mantine/core';
import type { Schemas } from '../api.ts';
import { counted, formatCount } from '../format.ts';
import { useApi } from '../session.tsx';
import { Failure } from '../ui/failure.tsx';
import { useList } from '../ui/list.tsx';
import { Empty, Loading, Panel } from '../ui/page.tsx';
import { ReportView } from '../ui/report.tsx';
import { Time } from '../ui/values.tsx';
import { findingsOf } from './reports.ts';

/** Reports of the last thirty days; each opens where it stands. */
export function KeptReports() {
  const { call } = useApi();
  const list = useList<Schemas['KeptReport']>(['reports'], (cursor, signal) =>
    call('get', '/admin/reconcile/reports', { query: { cursor } }, { signal }),
  );
  return (
    <Panel title="Reports of the last 30 days" flush>
      {list.isPending && <Loading />}
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.data && list.rows.length === 0 && (
        <Empty title="No reports yet">The hourly run leaves one, and so does a repair. A dry run leaves none.</Empty>
      )}
      <Accordion chevronPosition="right" order={3}>
        {list.rows.map(({ id, by, startedAt, endedAt, report }) => (
          <Accordion.Item key={id} value={id}>
            <Accordion.Control>
              <Group justify="space-between" gap="xs">
                <Text size="sm" fw={500}>
                  <Time value={startedAt} />
                </Text>
                <Text size="sm" c="dimmed" fw={400}>
                  {by === 'schedule' ? 'hourly' : 'by an administrator'} · {formatCount(findingsOf(report))} found ·{' '}
                  {formatCount(report.repaired)} repaired
                  {report.stopped.length > 0 && ` · ${counted(report.stopped.length, 'stop')}`} ·{' '}
                  {seconds(startedAt, endedAt)} s
                </Text>
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <ReportView report={report} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      {list.hasNextPage && (
        <div className="list-foot">
          <Button
            variant="default"
            size="xs"
            loading={list.isFetchingNextPage}
            onClick={() => void list.fetchNextPage()}
          >
            Load more
          </Button>
        </div>
      )}
    </Panel>
  );
}

const seconds = (from: string, to: string) => ((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1);
