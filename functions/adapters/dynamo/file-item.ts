import {
  type ExtensionFile,
  type FileRecord,
  holderOf,
  type OrganizationFile,
  type UploadFile,
} from '#core/files/record.ts';
import { type ListRef, listsOf } from '#core/uploads/lists.ts';
import {
  appPk,
  duePk,
  dueShardOf,
  fileKey,
  holderPk,
  listPk,
  organizationDocumentsPk,
  organizationPk,
  sessionPk,
  stagedPk,
} from './keys.ts';
import { formAttribute, recordForm, requireKnownForm } from './record-version.ts';

const indexAttributes = ['appPk', 'sessionPk', 'holderPk', 'ownerPk', 'duePk'] as const;

/** The record with its keys. Index attributes follow from the record, so every write of a state comes through here. */
export function toItem(file: FileRecord): Record<string, unknown> {
  return { ...file, ...fileKey(file.id), ...indexesOf(file), [formAttribute]: recordForm };
}

/** A deleting record is in no list, only where the schedule looks. */
function indexesOf(file: FileRecord) {
  const due = file.dueAt !== undefined && { duePk: duePk(dueShardOf(file.id)) };
  if (file.state === 'deleting') return { ...due };
  switch (file.scope) {
    case 'extension':
      return { ...due, ...extensionIndexes(file) };
    case 'organization':
      return { ...due, ...organizationIndexes(file) };
    case 'upload':
      return { ...due, ...uploadIndexes(file) };
  }
}

function extensionIndexes(file: ExtensionFile) {
  const holder = holderOf(file);
  return {
    appPk: appPk(file.appId, file.slice),
    ...(file.sessionId !== undefined && { sessionPk: sessionPk(file.sessionId) }),
    ...(holder !== undefined && { holderPk: holderPk(holder) }),
    ...(file.staged && { ownerPk: stagedPk(file.appId, file.userId) }),
    // Where clones of the template list it.
    ...(holder?.type === 'template' && { ownerPk: holderPk(holder) }),
  };
}

/** What is stored is listed; a document whose bytes may still be missing is not. */
function organizationIndexes(file: OrganizationFile) {
  const isDocument = file.ownerType === 'compliance_document' && file.state === 'ready';
  return {
    ownerPk: organizationPk(file.orgId),
    ...(isDocument && { sessionPk: organizationDocumentsPk(file.orgId) }),
  };
}

/** Where each kind of list lies: an upload is in these exactly while it is counted in them. */
export const listIndexes = {
  owner: { name: 'byOwner', pk: 'ownerPk' },
  coin: { name: 'bySession', pk: 'sessionPk' },
  deleted: { name: 'byOwner', pk: 'ownerPk' },
} as const satisfies Record<ListRef['kind'], { name: string; pk: (typeof indexAttributes)[number] }>;

function uploadIndexes(file: UploadFile) {
  return Object.fromEntries(listsOf(file).map((list) => [listIndexes[list.kind].pk, listPk(list)]));
}

/** The record without keys; throws for one of a later build. Items are written by `toItem` only, so their shape is known to whoever knows what it asked for. */
export function fromItem<F extends FileRecord = FileRecord>(item: Record<string, unknown>): F {
  requireKnownForm(item);
  const record = { ...item };
  for (const attribute of ['pk', 'sk', formAttribute, ...indexAttributes]) delete record[attribute];
  return record as unknown as F;
}
