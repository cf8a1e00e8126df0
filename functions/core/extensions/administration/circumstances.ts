import type { ClaimRecord } from '#core/extensions/claims/claim-record.ts';
import type { ExtensionFile, Scope } from '#core/files/record.ts';

/** A clean-up that the table still owes. Epoch milliseconds. */
export interface OwedCleanup {
  scope: Scope;
  /** When it was asked for, or asked for again. */
  since: number;
  /** When the schedule takes it that its message is lost, and sends another. */
  againAt: number;
}

/** What the table knows about a file beside its record. Times as they are stored: ISO 8601, or epoch milliseconds. */
export interface Circumstances {
  /** Its alarm, where there is one. */
  ticketAt?: number;
  /** When what a direct upload may have left at its incoming key is removed once more. */
  markerAt?: number;
  /** Those of the claims on it that are there still. */
  claims: ClaimRecord[];
  /** Marks of what holds it: when that was deleted, where it was. */
  lock?: { deletedAt?: string };
  template?: { deletedAt?: string; clones: number; letGoAt?: string };
  session?: { closedAt?: string };
  app?: { closedAt?: string };
  owed: OwedCleanup[];
}

/** Strongly consistent, in one batch read. */
export interface CircumstanceStore {
  look(file: ExtensionFile): Promise<Circumstances>;
}

/** Everything whose deletion would take the file with it. */
export function scopesOf(file: ExtensionFile): Scope[] {
  const { appId, sessionId, lockId, templateId } = file;
  return [
    { kind: 'app', appId },
    ...(sessionId === undefined ? [] : [{ kind: 'session' as const, sessionId }]),
    ...(lockId === undefined ? [] : [{ kind: 'lock' as const, lockId }]),
    ...(templateId === undefined ? [] : [{ kind: 'template' as const, templateId }]),
  ];
}
