import { Alert, Button, Group, Progress, Text } from '@mantine/core';
import { IconAlertTriangle, IconScale } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { isStowageError } from '../../../server/src/errors.ts';
import type { Report } from '../api.ts';
import { counted, formatCount } from '../format.ts';
import { useApi } from '../session.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Failure } from '../ui/failure.tsx';
import { Page, Panel } from '../ui/page.tsx';
import { ReportView, Stopped } from '../ui/report.tsx';
import { KeptReports } from './reconcile-reports.tsx';
import { joined } from './reports.ts';

/** Finds what drifted between table, counters and buckets, and puts it right when told to. */
export function ReconcileView() {
  return (
    <Page
      title="Reconcile"
      about="Compares records, counters and objects. It runs every hour by itself; a dry run looks and changes nothing."
    >
      <Run />
      <KeptReports />
    </Page>
  );
}

interface Request {
  dryRun: boolean;
  confirm?: string;
}

function Run() {
  const { admin } = useApi();
  const queries = useQueryClient();
  const [reports, setReports] = useState<Report[]>([]);
  const stop = useRef<AbortController>(undefined);
  /** Follows the cursors to the end; each answer is shown as it comes. */
  const running = useMutation({
    mutationFn: async (request: Request) => {
      stop.current = new AbortController();
      setReports([]);
      for (let cursor: string | undefined, known: Report[] = []; ; ) {
        const report = await admin.reconcile({ ...request, cursor }, { signal: stop.current.signal });
        known = [...known, report];
        setReports(known);
        cursor = report.cursor;
        if (cursor === undefined) return;
      }
    },
    onSettled: (_data, _error, { dryRun }) => {
      if (!dryRun) for (const key of ['reports', 'audit', 'apps']) void queries.invalidateQueries({ queryKey: [key] });
    },
  });
  const report = joined(reports);
  const isDone = report !== undefined && !running.isPending && !running.isError;
  const aborted = isStowageError(running.error, 'aborted');
  return (
    <Panel
      title="Run it now"
      actions={
        <Group gap="sm">
          {running.isPending && (
            <Button variant="default" size="xs" onClick={() => stop.current?.abort()}>
              Stop
            </Button>
          )}
          <Button
            size="xs"
            leftSection={<IconScale size={16} aria-hidden />}
            loading={running.isPending}
            onClick={() => running.mutate({ dryRun: true })}
          >
            Dry run
          </Button>
        </Group>
      }
    >
      {report === undefined && !running.isPending && !running.isError && (
        <Text size="sm" c="dimmed">
          Nothing was looked at yet. Start with a dry run; what it finds can be repaired after a look at it.
        </Text>
      )}
      {running.isPending && <Underway report={report} />}
      {running.isError && !aborted && <RunFailure error={running.error} />}
      {aborted && <Text size="sm">Stopped. What is below was looked at before.</Text>}
      {report && <ReportView report={report} />}
      {isDone && report.dryRun && (
        <div className="repair">
          <Confirm
            label="Repair"
            title="Repair what drifted?"
            color="pine"
            size="sm"
            variant="filled"
            run={async () => running.mutate({ dryRun: false })}
            done="The repair is under way."
          >
            A real run over the whole stage puts right what it finds: overdue files are removed, counters set to what
            the records come to, and owed clean-ups done. Suspects go only after their days of grace. The run is written
            down in the audit.
          </Confirm>
          {report.stopped.flatMap(({ confirm, reason, message }) =>
            confirm === undefined ? (
              []
            ) : (
              <Confirm
                key={confirm}
                label="Repair with this confirmed"
                name={reason}
                title={`Confirm “${reason}”?`}
                size="sm"
                run={async () => running.mutate({ dryRun: false, confirm })}
                done="The repair is under way."
              >
                {message} Confirmed, this stops the run no longer, for exactly what this dry run found. What it removes
                does not come back.
              </Confirm>
            ),
          )}
        </div>
      )}
    </Panel>
  );
}

function Underway({ report }: { report: Report | undefined }) {
  const { records = 0, objects = 0 } = report?.checked ?? {};
  return (
    <div className="underway" role="status">
      <Progress value={100} animated striped size="sm" aria-label="A run is under way" />
      <Text size="sm">
        {formatCount(records)} records and {counted(objects, 'object')} looked at so far
      </Text>
    </div>
  );
}

/** Table and bucket that do not belong together are told with what to do about it. */
function RunFailure({ error }: { error: unknown }) {
  if (!isStowageError(error, 'reconcile_refused')) return <Failure error={error} />;
  return (
    <>
      <Failure error={error} />
      <Alert color="orange" icon={<IconAlertTriangle size={18} />} title="Why nothing was changed">
        <Stopped stopped={error.details.stopped} />
      </Alert>
    </>
  );
}
