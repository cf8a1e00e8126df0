import { type ExtensionFile, isExpired } from '#core/files/record.ts';
import type { Circumstances } from './circumstances.ts';

/** Something that happened to a file. */
export interface TimelineEvent {
  /** ISO 8601. */
  at: string;
  event: 'created' | 'ready' | 'claimed' | 'rolled_back' | 'holder_deleted' | 'expired' | 'deleting';
  /** For people. */
  summary: string;
  /** The user who did it, where that is known. */
  userId?: string;
  claimId?: string;
}

/**
 * What is known to have happened, oldest first: what the record, the claims that stand and the marks of deletions say. A claim
 * that was rolled back is no longer on the record, which knows the last time only.
 */
export function timelineOf(file: ExtensionFile, around: Circumstances, now: Date): TimelineEvent[] {
  const events = [...ofUpload(file), ...ofClaims(file, around), ...ofHolders(file, around), ...ofEnd(file, now)];
  // The same moment is as a rule the same request, whose order is the one above.
  return events
    .map((event, index) => ({ event, index }))
    .sort(inTime)
    .map(({ event }) => event);
}

type Indexed = { event: TimelineEvent; index: number };
const inTime = (a: Indexed, b: Indexed) => a.event.at.localeCompare(b.event.at) || a.index - b.index;
const iso = (ms: number) => new Date(ms).toISOString();

function ofUpload(file: ExtensionFile): TimelineEvent[] {
  const { userId, createdAt, readyAt, lockId, sessionId, claimIds } = file;
  const isSessions = lockId !== undefined && sessionId !== undefined && claimIds === undefined && !file.staged;
  const where = isSessions ? `into session ${sessionId}` : 'in a setup screen';
  const summary = file.incoming === undefined ? `Upload ${where} began.` : `Direct upload ${where} was presigned.`;
  return [
    { at: createdAt, event: 'created', summary, userId },
    ...(readyAt === undefined
      ? []
      : [{ at: iso(readyAt), event: 'ready' as const, summary: 'Its bytes were checked and stored.' }]),
  ];
}

function ofClaims({ unclaimedAt }: ExtensionFile, { claims }: Circumstances): TimelineEvent[] {
  return [
    ...(unclaimedAt === undefined
      ? []
      : [
          {
            at: iso(unclaimedAt),
            event: 'rolled_back' as const,
            summary: 'The last claim on it was rolled back: staged again.',
          },
        ]),
    ...claims.map(({ id, createdAt, userId, target }) => ({
      at: createdAt,
      event: 'claimed' as const,
      summary: `Claimed for ${target.type} ${target.id}${target.sessionId === undefined ? '' : ` and session ${target.sessionId}`}.`,
      userId,
      claimId: id,
    })),
  ];
}

function ofHolders(file: ExtensionFile, { lock, template, session, app }: Circumstances): TimelineEvent[] {
  const deleted = (what: string, at: string | undefined): TimelineEvent[] =>
    at === undefined ? [] : [{ at, event: 'holder_deleted', summary: `The platform told of the deletion of ${what}.` }];
  return [
    ...deleted(`lock ${file.lockId}`, lock?.deletedAt),
    ...deleted(`template ${file.templateId}`, template?.deletedAt),
    ...deleted(`session ${file.sessionId}`, session?.closedAt),
    ...deleted(`app ${file.appId}`, app?.closedAt),
  ];
}

/** A record that is being deleted was last written when its deletion began. */
function ofEnd(file: ExtensionFile, now: Date): TimelineEvent[] {
  const expired = isExpired(file, now) && file.expiresAt !== undefined;
  return [
    ...(expired ? [{ at: iso(file.expiresAt ?? 0), event: 'expired' as const, summary: 'Its time was over.' }] : []),
    ...(file.state === 'deleting'
      ? [{ at: file.updatedAt, event: 'deleting' as const, summary: 'Deletion began: its quota was given back.' }]
      : []),
  ];
}
