import { type ExtensionFile, requestIsOverAfterMs } from '#core/files/record.ts';
import type { Circumstances } from './circumstances.ts';
import { type Standing, standingOf } from './files.ts';
import { type TimelineEvent, timelineOf } from './timeline.ts';

/** What keeps a file from going. */
export interface Hold {
  type: 'lock' | 'template' | 'session' | 'user';
  id: string;
  /** ISO 8601: when the platform told of its deletion. */
  deletedAt?: string;
  /** Of a template: locks that still show its files. */
  clones?: number;
}

/** When a file goes, and by what. */
export interface Going {
  /** `expiry`: its alarm; `sweep`: the hourly schedule; `worker`: a message of the queue; `holder`: whenever that is deleted. */
  by: 'expiry' | 'sweep' | 'worker' | 'holder';
  /** ISO 8601: not before; absent where nobody knows. */
  at?: string;
  /** For people. */
  summary: string;
}

/** A clean-up that will take the file, or what is left of it, and has not yet. Times are ISO 8601. */
export interface PendingCleanup {
  type: 'app' | 'session' | 'lock' | 'template' | 'incoming' | 'file';
  id: string;
  since?: string;
  /** When the schedule does it, should the queue not. */
  againAt: string;
}

/** Why a file is there, or is not any more. */
export interface Why {
  state: Standing;
  /** For people. */
  summary: string;
  heldBy: Hold[];
  goes: Going;
  cleanups: PendingCleanup[];
  timeline: TimelineEvent[];
}

const iso = (ms: number) => new Date(ms).toISOString();

/** All that the record, its claims and the marks around it say about a file, and nothing they do not. */
export function whyOf(file: ExtensionFile, around: Circumstances, now: Date): Why {
  const state = standingOf(file, now);
  const heldBy = state === 'deleting' || state === 'expired' ? [] : holdsOf(file, around);
  const cleanups = cleanupsOf(file, around);
  const goes = goingOf(file, { state, heldBy, cleanups });
  return { state, summary: summaryOf(state, heldBy), heldBy, goes, cleanups, timeline: timelineOf(file, around, now) };
}

function holdsOf(file: ExtensionFile, { lock, template, session }: Circumstances): Hold[] {
  const { lockId, templateId, sessionId, userId } = file;
  if (file.staged) return [{ type: 'user', id: userId }];
  const of = (deletedAt: string | undefined) => (deletedAt === undefined ? {} : { deletedAt });
  return [
    ...(lockId === undefined ? [] : [{ type: 'lock' as const, id: lockId, ...of(lock?.deletedAt) }]),
    ...(templateId === undefined
      ? []
      : [{ type: 'template' as const, id: templateId, clones: template?.clones ?? 0, ...of(template?.deletedAt) }]),
    ...(sessionId === undefined ? [] : [{ type: 'session' as const, id: sessionId, ...of(session?.closedAt) }]),
  ];
}

const named = ({ type, id }: Hold) => `${type} ${id}`;

function summaryOf(state: Standing, heldBy: Hold[]): string {
  const holders = heldBy.map(named).join(' and ');
  switch (state) {
    case 'pending':
      return 'Its room is reserved and its bytes are awaited.';
    case 'staged':
      return `Staged by ${holders} and not claimed: it waits for a saved config that names it.`;
    case 'claimed':
      return `Claimed: ${holders} ${heldBy.length > 1 ? 'have' : 'has'} it by a saved config.`;
    case 'session':
      return `Uploaded into ${holders}.`;
    case 'expired':
      return 'Its time is over. Nobody sees it, and it counts until its clean-up.';
    case 'deleting':
      return 'Deleted: nobody sees it and it counts nowhere. Its bytes may still be there.';
  }
}

function goingOf(file: ExtensionFile, { state, heldBy, cleanups }: Pick<Why, 'state' | 'heldBy' | 'cleanups'>): Going {
  switch (state) {
    case 'deleting':
      return {
        by: 'worker',
        at: file.updatedAt,
        summary:
          'The clean-up worker removes its bytes and then its record; the hourly reconcile does where that failed.',
      };
    case 'expired':
      return {
        by: 'sweep',
        at: iso(file.expiresAt ?? file.dueAt ?? 0),
        summary: 'By its alarm, or the next hourly reconcile.',
      };
    case 'pending':
      return pendingGoing(file);
    case 'staged':
      return {
        by: 'expiry',
        ...(file.expiresAt !== undefined && { at: iso(file.expiresAt) }),
        summary: 'Removed when its time is over, unless a config that names it is saved before.',
      };
    case 'claimed':
    case 'session':
      return heldGoing(file, heldBy, cleanups);
  }
}

function pendingGoing({ expiresAt, createdAt, dueAt }: ExtensionFile): Going {
  const at = expiresAt ?? dueAt ?? Date.parse(createdAt) + requestIsOverAfterMs;
  return { by: 'sweep', at: iso(at), summary: 'Given up when its upload is not finished by then.' };
}

function heldGoing(file: ExtensionFile, heldBy: Hold[], cleanups: PendingCleanup[]): Going {
  const owed = cleanups.find(({ type }) => type !== 'incoming' && type !== 'file');
  if (owed !== undefined) {
    const summary = `The clean-up of ${owed.type} ${owed.id} takes it: by the queue now, or by the schedule from then on.`;
    return { by: 'worker', at: owed.againAt, summary };
  }
  const template = heldBy.find(({ type }) => type === 'template');
  if (template?.deletedAt !== undefined && Number(template.clones) > 0) {
    const summary = `Template ${template.id} is deleted: it goes with the last of the ${template.clones} clones that show it.`;
    return { by: 'holder', summary };
  }
  const back =
    file.claimIds === undefined || file.claimIds.length === 0
      ? ''
      : ' Rolling its last claim back makes it staged again, for an hour or what was left of its time.';
  return { by: 'holder', summary: `Stays until ${heldBy.map(named).join(' or ')}, or the app, is deleted.${back}` };
}

function cleanupsOf(file: ExtensionFile, { owed, markerAt }: Circumstances): PendingCleanup[] {
  return [
    ...owed.map(({ scope, since, againAt }) => {
      const [type, id] = Object.values(scope) as [PendingCleanup['type'], string];
      return { type, id, since: iso(since), againAt: iso(againAt) };
    }),
    ...(file.state === 'deleting' && file.dueAt !== undefined
      ? [{ type: 'file' as const, id: file.id, since: file.updatedAt, againAt: iso(file.dueAt) }]
      : []),
    ...(markerAt === undefined ? [] : [{ type: 'incoming' as const, id: file.id, againAt: iso(markerAt) }]),
  ];
}
