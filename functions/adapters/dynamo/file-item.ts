import { type FileRecord, holderOf } from '#core/file-record.ts';
import { appPk, duePk, dueShardOf, fileKey, holderPk, organizationPk, sessionPk, stagedPk } from './keys.ts';

const indexAttributes = ['appPk', 'sessionPk', 'holderPk', 'ownerPk', 'duePk'] as const;

/** The record with its keys. Index attributes follow from the record, so every write of a state comes through here. */
export function toItem(file: FileRecord): Record<string, unknown> {
  return { ...file, ...fileKey(file.id), ...indexesOf(file) };
}

/** A deleting record is in no list, only where the schedule looks. */
function indexesOf(file: FileRecord) {
  const due = file.dueAt !== undefined && { duePk: duePk(dueShardOf(file.id)) };
  if (file.state === 'deleting') return { ...due };
  if (file.scope === 'organization') return { ...due, ownerPk: organizationPk(file.orgId) };
  const holder = holderOf(file);
  return {
    ...due,
    appPk: appPk(file.appId),
    ...(file.sessionId !== undefined && { sessionPk: sessionPk(file.sessionId) }),
    ...(holder !== undefined && { holderPk: holderPk(holder) }),
    ...(file.staged && { ownerPk: stagedPk(file.appId, file.userId) }),
  };
}

/** The record without keys. Items are written by `toItem` only, so their shape is known. */
export function fromItem(item: Record<string, unknown>): FileRecord {
  const record = { ...item };
  for (const attribute of ['pk', 'sk', ...indexAttributes]) delete record[attribute];
  return record as unknown as FileRecord;
}
