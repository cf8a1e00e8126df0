import type { CounterRef, Scope, Usage } from '#core/files/record.ts';
import type { Stop, StopReason } from './brake.ts';

/** Findings of one kind: how many, and the first of them by name. */
export interface Findings {
  count: number;
  examples: string[];
}

export interface CounterDrift {
  counter: CounterRef;
  stored: Usage;
  actual: Usage;
}

/**
 * What a reconcile run found, and what it did about it (docs/contract.md, "Administration"). A dry run finds the same
 * and does nothing.
 */
export interface ReconcileReport {
  dryRun: boolean;
  /** False when time ran out: call again with `cursor` for the rest. */
  complete: boolean;
  cursor?: string;
  checked: { records: number; counters: number; objects: number };
  /** Uploads that never finished. */
  stuckPending: Findings;
  /** Staged files past their time that no alarm removed. */
  expired: Findings;
  /** Deletions that nobody finished. */
  stuckDeleting: Findings;
  /** Incoming objects of direct uploads whose URL is dead. */
  /** A verdict that is waited for, or a place that a judged file has left. */
  unscanned: Findings;
  lateIncoming: Findings;
  /** Clean-ups whose message was lost. */
  owedCleanups: Findings;
  /** Counters that have not moved for a quarter of an hour and differ from their records. */
  counterDrift: CounterDrift[];
  /** Seen in this run. They go once they have been found so for days: `waiting` are those that will, `removed` those that did. */
  recordsWithoutObject: Findings;
  objectsWithoutRecord: Findings;
  waiting: Suspects;
  removed: Suspects;
  /** What was left undone because it looks wrong, and how to go on. */
  stopped: Stop[];
  /** What would have stopped the run, had an administrator not confirmed it. */
  confirmed: StopReason[];
  /** Findings that were put right. */
  repaired: number;
  /** Findings that could not be put right now; the next run tries again. */
  failed: Findings;
}

/** Records without object and objects without record, counted. */
export interface Suspects {
  recordsWithoutObject: number;
  objectsWithoutRecord: number;
}

/** The kinds of finding that are a count with examples. */
export type FindingKind = 'stuckPending' | 'expired' | 'stuckDeleting' | 'unscanned' | 'lateIncoming' | 'owedCleanups';

/** So many are named; a report stays readable when a whole bucket is adrift. */
export const mostExamples = 50;

export function emptyReport(dryRun: boolean): ReconcileReport {
  const none = (): Findings => ({ count: 0, examples: [] });
  const noSuspects = (): Suspects => ({ recordsWithoutObject: 0, objectsWithoutRecord: 0 });
  return {
    dryRun,
    complete: false,
    checked: { records: 0, counters: 0, objects: 0 },
    stuckPending: none(),
    expired: none(),
    stuckDeleting: none(),
    unscanned: none(),
    lateIncoming: none(),
    owedCleanups: none(),
    counterDrift: [],
    recordsWithoutObject: none(),
    objectsWithoutRecord: none(),
    waiting: noSuspects(),
    removed: noSuspects(),
    stopped: [],
    confirmed: [],
    repaired: 0,
    failed: none(),
  };
}

export function note(findings: Findings, example: string): void {
  findings.count += 1;
  if (findings.examples.length < mostExamples) findings.examples.push(example);
}

/** A finding and its repair: noted always, repaired unless dry. Never throws: what cannot be repaired now is noted as failed. */
export async function found(
  report: ReconcileReport,
  kind: FindingKind,
  example: string,
  repair: () => Promise<unknown>,
): Promise<void> {
  note(report[kind], example);
  if (report.dryRun) return;
  try {
    await repair();
    report.repaired += 1;
  } catch (error) {
    fail(report, `${kind} ${example}`, error);
  }
}

/** What could not be put right now; the next run tries again. */
export function fail(report: ReconcileReport, example: string, error: unknown): void {
  note(report.failed, `${example}: ${error instanceof Error ? error.message : String(error)}`);
}

export const scopeName = (scope: Scope) => Object.values(scope).join(' ');
