import type { FileRecord } from '#core/file-record.ts';
import { appPk, duePk, dueShardOf, fileKey, sessionPk, stagedPk } from './keys.ts';

const indexAttributes = ['appPk', 'sessionPk', 'holderPk', 'ownerPk', 'duePk'] as const;

/** The record with its keys. Index attributes follow from the record, so every write of a state comes through here. */
export function toItem(file: FileRecord): Record<string, unknown> {
  return { ...file, ...fileKey(file.id), ...indexesOf(file) };
}

/** A deleting record is in no list, only where the schedule looks. */
function indexesOf(file: FileRecord) {
  const due = file.dueAt !== undefined && { duePk: duePk(dueShardOf(file.id)) };
  if (file.state === 'deleting') return { ...due };
  return {
    ...due,
    appPk: appPk(file.appId),
    ...(file.sessionId !== undefined && { sessionPk: sessionPk(file.appId, file.sessionId) }),
    ...(holderOf(file) !== undefined && { holderPk: holderOf(file) }),
    ...(file.staged && { ownerPk: stagedPk(file.appId, file.userId) }),
  };
}

function holderOf(file: FileRecord): string | undefined {
  if (file.templateId !== undefined) return `TEMPLATE#${file.templateId}`;
  return file.lockId === undefined ? undefined : `LOCK#${file.lockId}`;
}

/** The record without keys. Items are written by `toItem` only, so their shape is known. */
export function fromItem(item: Record<string, unknown>): FileRecord {
  const record = { ...item };
  for (const attribute of ['pk', 'sk', ...indexAttributes]) delete record[attribute];
  return record as unknown as FileRecord;
}
