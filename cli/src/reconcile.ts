import { Command } from 'commander';
import { type Admin, isStowageError } from '../../server/src/index.ts';
import { adminOf } from './client.ts';
import { Failure } from './failure.ts';
import { isJson, plain, show, table } from './print.ts';

type Report = Awaited<ReturnType<Admin['reconcile']>>;

interface Options {
  fix?: boolean;
  confirm?: string;
}

/** What drifted between table, counters and buckets (docs/operating.md, "Reconcile"). */
export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description('find what drifted; changes nothing without --fix')
    .option('--fix', 'put it right')
    .option('--confirm <text>', 'what a dry run gave for what stopped it, within the hour; with --fix')
    .action(async ({ fix = false, confirm }: Options, command: Command) => {
      if (confirm !== undefined && !fix) throw new Failure('invalid_option', 'Give --confirm together with --fix.', 2);
      const request = { dryRun: !fix, ...(confirm !== undefined && { confirm }) };
      const reports = await walk(await adminOf(command), request, progressOf(command));
      show(command, reports, textOf);
      const stopped = reports.flatMap((report) => report.stopped);
      const failed = sum(reports, ({ failed: { count } }) => count);
      if (stopped.length > 0) throw new Failure('reconcile_stopped', stopped.map(reasonOf).join('\n'));
      if (failed > 0)
        throw new Failure('reconcile_failed', `${failed} findings could not be put right now. Run it again.`);
    });
}

/** Follows the cursors to the end: a report for each request. */
async function walk(
  admin: Admin,
  request: { dryRun: boolean; confirm?: string },
  tell: (reports: Report[]) => void,
): Promise<Report[]> {
  const reports: Report[] = [];
  for (let cursor: string | undefined; ; ) {
    const report = await admin.reconcile({ ...request, ...(cursor !== undefined && { cursor }) }).catch(explain);
    reports.push(report);
    tell(reports);
    cursor = report.cursor;
    if (cursor === undefined) return reports;
  }
}

/** Table and bucket that do not belong together are told with what to do about it. */
function explain(error: unknown): never {
  if (!isStowageError(error, 'reconcile_refused')) throw error;
  throw new Failure('reconcile_refused', [plain(error.message), ...error.details.stopped.map(reasonOf)].join('\n'));
}

const reasonOf = ({ reason, message, confirm }: { reason: string; message: string; confirm?: string }) =>
  plain(`${reason}: ${message}`) +
  (confirm === undefined ? '' : `\n  to have it done: --fix --confirm ${plain(confirm)}`);

/** On a terminal, how much was looked at so far. */
function progressOf(command: Command): (reports: Report[]) => void {
  if (isJson(command) || !process.stderr.isTTY) return () => undefined;
  return (reports) => {
    const [records, objects] = [
      sum(reports, ({ checked }) => checked.records),
      sum(reports, ({ checked }) => checked.objects),
    ];
    const done = reports.at(-1)?.cursor === undefined;
    process.stderr.write(`\r${records} records, ${objects} objects looked at${done ? '\n' : ''}`);
  };
}

const sum = (reports: Report[], of: (report: Report) => number) =>
  reports.reduce((total, report) => total + of(report), 0);

const parts = [
  'stuckPending',
  'expired',
  'stuckDeleting',
  'lateIncoming',
  'unscanned',
  'owedCleanups',
  'recordsWithoutObject',
  'objectsWithoutRecord',
] as const;

function textOf(reports: Report[]): string {
  const rows: [string, number][] = [
    ...parts.map((part): [string, number] => [part, sum(reports, (report) => report[part].count)]),
    ['counterDrift', sum(reports, ({ counterDrift }) => counterDrift.length)],
    ['removed', sum(reports, ({ removed }) => removed.recordsWithoutObject + removed.objectsWithoutRecord)],
    ['repaired', sum(reports, ({ repaired }) => repaired)],
    ['failed', sum(reports, ({ failed }) => failed.count)],
  ];
  const found = rows.filter(([, count]) => count > 0);
  return found.length === 0 ? 'Nothing drifted.' : table(['what', 'how many'], found);
}
