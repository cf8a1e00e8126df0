import {
  type ExtensionFile,
  type FileRecord,
  holderOf,
  isExpired,
  type OrganizationFile,
  type UploadFile,
} from '#core/files/record.ts';
import type { Change, DeletedFacts, FileEvent, FileEventType, FileFacts } from './event.ts';

/**
 * What one write of a record means to whoever listens, or undefined where it means nothing to them
 * (docs/design.md, "Events"). The write is the outbox: what moved the record moved counters and tickets in the same
 * transaction, and the stream tells it at least once, in order for each record, at no write of its own. A record that is
 * removed was told of when it went to `deleting`, and one that was never `ready` is never told of.
 */
export function eventOf({ from, to }: Change, source: string): FileEvent | undefined {
  if (to === undefined) return undefined;
  const type = typeOf(from, to);
  if (type === undefined) return undefined;
  const { id, rev: sequence, updatedAt: time } = to;
  // What it was before it went is what there is to say of a file that is gone or has lost its holder.
  const told = type === 'file.ready' || type === 'file.claimed' ? to : (from ?? to);
  const data = { fileId: id, sequence, ...factsOf(told) };
  const envelope = <T extends FileEventType, D>(type: T, data: D) =>
    ({ id: idOf(to), type, time, version: 1, source, data }) as const;
  if (type === 'file.released') return envelope(type, { ...data, staged: true });
  if (type === 'file.deleted') return envelope(type, { ...data, reason: reasonOf(from, to) });
  return envelope(type, data);
}

function reasonOf(from: FileRecord | undefined, to: FileRecord): DeletedFacts['reason'] {
  if (to.rejection !== undefined) return 'rejected';
  return from !== undefined && isExpired(from, new Date(to.updatedAt)) ? 'expired' : 'deleted';
}

/**
 * The same for the same write, whoever tells it and however often; another for every other write, also where a table was
 * restored to an earlier time and a revision comes about a second time.
 */
const idOf = ({ id, rev, updatedAt }: FileRecord) => `evt_${id}_${rev}_${Date.parse(updatedAt).toString(36)}`;

function typeOf(from: FileRecord | undefined, to: FileRecord): FileEventType | undefined {
  const was = isThere(from);
  const is = isThere(to);
  if (!was) return is ? 'file.ready' : undefined;
  if (!is) return 'file.deleted';
  if (from?.scope !== 'extension' || to.scope !== 'extension') return undefined;
  if (to.staged) return from.staged ? undefined : 'file.released';
  return livesWith(from) === livesWith(to) ? undefined : 'file.claimed';
}

/**
 * Whether it is given out. An upload that its owner deleted is not, though its bytes have a grace period, in which it may
 * be restored; nor is what a scanner has to judge first.
 */
const isThere = (file: FileRecord | undefined) =>
  file?.state === 'ready' &&
  file.quarantine === undefined &&
  !(file.scope === 'upload' && file.deletedAt !== undefined);

/** A claim that is repeated changes nothing; one that binds a session, or is taken back for it, does. */
const livesWith = (file: ExtensionFile) => JSON.stringify([file.staged, holderOf(file), file.sessionId]);

function factsOf(file: FileRecord): Omit<FileFacts, 'fileId' | 'sequence'> {
  const { scope, userId, mimeType, sizeBytes } = file;
  const facts = { system: scope, userId, mimeType, sizeBytes };
  switch (file.scope) {
    case 'extension':
      return { ...facts, ...extensionFacts(file) };
    case 'organization':
      return { ...facts, ...organizationFacts(file) };
    case 'upload':
      return { ...facts, ...uploadFacts(file) };
  }
}

function extensionFacts(file: ExtensionFile) {
  const { appId, sessionId, staged, purpose, draftId } = file;
  return { appId, staged, ...given({ sessionId, holder: holderOf(file), purpose, draftId }) };
}

function organizationFacts({ orgId, ownerType, parentId }: OrganizationFile) {
  return { orgId, ownerType, ...given({ parentId }) };
}

function uploadFacts({ bucket }: UploadFile) {
  return { visibility: bucket === 'public' ? ('public' as const) : ('private' as const) };
}

function given<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null)) as never;
}
