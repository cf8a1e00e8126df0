import { Alert, Code, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Report } from '../api.ts';
import { counted, formatBytes, formatCount } from '../format.ts';
import { findingsOf, type Part, parts } from '../views/reports.ts';
import { Time } from './values.tsx';

/** What a run of reconcile found, and what it did about it. */
export function ReportView({ report }: { report: Report }) {
  const { checked, removed, waiting } = report;
  const found = (Object.keys(parts) as Part[]).filter((part) => report[part].count > 0);
  const gone = removed.recordsWithoutObject + removed.objectsWithoutRecord;
  const suspects = waiting.recordsWithoutObject + waiting.objectsWithoutRecord;
  return (
    <Stack gap="md" className="report">
      <Text size="sm">
        {findingsOf(report) === 0 ? (
          <strong>Nothing drifted.</strong>
        ) : (
          <strong>{formatCount(findingsOf(report))} found.</strong>
        )}{' '}
        <span className="dim">
          {report.dryRun ? 'A dry run' : 'A real run'} over {counted(checked.records, 'record')},{' '}
          {counted(checked.counters, 'counter')} and {counted(checked.objects, 'object')}
          {report.complete ? '.' : '; it goes on.'}
        </span>
      </Text>
      {report.stopped.length > 0 && (
        <Alert color="orange" icon={<IconAlertTriangle size={18} />} title="Left undone, because it looks wrong">
          <Stopped stopped={report.stopped} />
        </Alert>
      )}
      {(found.length > 0 || report.counterDrift.length > 0) && (
        <ul className="findings">
          {found.map((part) => (
            <li key={part}>
              <Finding title={parts[part]} {...report[part]} />
            </li>
          ))}
          {report.counterDrift.length > 0 && <Drift drift={report.counterDrift} />}
        </ul>
      )}
      {(!report.dryRun || suspects > 0) && (
        <dl className="tally">
          {!report.dryRun && <Tally name="Repaired" value={report.repaired} />}
          {!report.dryRun && <Tally name="Removed after their grace" value={gone} />}
          <Tally name="Suspects that wait" value={suspects} />
          {!report.dryRun && <Tally name="Could not be put right" value={report.failed.count} />}
        </dl>
      )}
      {report.failed.count > 0 && (
        <Finding title="Could not be put right; the next run tries again" {...report.failed} />
      )}
    </Stack>
  );
}

const Tally = ({ name, value }: { name: string; value: number }) => (
  <div>
    <dt>{name}</dt>
    <dd>{formatCount(value)}</dd>
  </div>
);

function Finding({ title, count, examples }: { title: string; count: number; examples: string[] }) {
  return (
    <>
      <Text size="sm" fw={500}>
        {formatCount(count)} · {title}
      </Text>
      <Examples names={examples.slice(0, fewExamples)} />
      {examples.length > fewExamples && (
        <details>
          <summary>
            {formatCount(examples.length - fewExamples)} more
            {count > examples.length && `, of ${formatCount(count)} in all`}
          </summary>
          <Examples names={examples.slice(fewExamples)} />
        </details>
      )}
    </>
  );
}

const fewExamples = 3;

const Examples = ({ names }: { names: string[] }) => (
  <div className="examples">
    {names.map((name) => (
      <Code key={name} className="breakable">
        {name}
      </Code>
    ))}
  </div>
);

const Drift = ({ drift }: { drift: Report['counterDrift'] }) => (
  <li>
    <Text size="sm" fw={500}>
      {formatCount(drift.length)} · Counters that differ from their records
    </Text>
    {drift.slice(0, 20).map(({ counter, stored, actual }) => (
      <Text size="xs" key={JSON.stringify(counter)} className="breakable">
        <Code>{Object.values(counter).join(' ')}</Code> says {formatBytes(stored.usedBytes)} in{' '}
        {counted(stored.fileCount, 'file')}, its records {formatBytes(actual.usedBytes)} in{' '}
        {counted(actual.fileCount, 'file')}
      </Text>
    ))}
  </li>
);

type Reason = Pick<Report['stopped'][number], 'reason' | 'bucket' | 'message' | 'count' | 'limit' | 'confirmUntil'>;

/** Why something was left undone, in the API's words. */
export const Stopped = ({ stopped }: { stopped: Reason[] }) => (
  <Stack gap="xs">
    {stopped.map(({ reason, bucket, message, count, limit, confirmUntil }) => (
      <Text size="sm" key={`${reason} ${bucket}`} component="div">
        <Code>{reason}</Code>
        {bucket && ` · bucket ${bucket}`}
        {count !== undefined && limit !== undefined && ` · ${formatCount(count)}, where ${formatCount(limit)} may go`}
        <br />
        {message}
        {confirmUntil && (
          <>
            {' '}
            It can be confirmed until <Time value={confirmUntil} />.
          </>
        )}
      </Text>
    ))}
  </Stack>
);
