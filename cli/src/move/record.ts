/** What is recorded of a file that moves, made anew from values that were looked at: neither a folder nor a stage is taken at its word. */
import type { AppFileDetail } from '../../../server/src/index.ts';

export type FileRecord = Pick<
  AppFileDetail['file'],
  | 'id'
  | 'state'
  | 'originalName'
  | 'mimeType'
  | 'sizeBytes'
  | 'userId'
  | 'sessionId'
  | 'holder'
  | 'purpose'
  | 'draftId'
  | 'createdAt'
>;

/** What somebody has, or is about to have; all else is on its way out. */
const movable = ['staged', 'claimed', 'session'] as const;
export const isMovable = (state: unknown): state is (typeof movable)[number] => movable.some((each) => each === state);

/** As the API has ids, without those that mean another folder or path. */
export const isId = (id: unknown): id is string =>
  typeof id === 'string' && /^[A-Za-z0-9._:@|+-]{1,128}$/.test(id) && !/^\.+$/.test(id);

export const isFileId = (id: unknown): id is string => typeof id === 'string' && /^[0-9a-f]{24}$/.test(id);

const isText = (value: unknown): value is string => typeof value === 'string';

/** The record with its own fields and no others; undefined where one of them is not what the API has there. */
export function checkedFile(given: object): FileRecord | undefined {
  const { id, state, originalName, mimeType, sizeBytes, userId, createdAt, ...rest } = given as Record<string, unknown>;
  const { sessionId = null, holder = null, purpose = null, draftId = null } = rest;
  if (!isFileId(id) || !isMovable(state) || !isId(userId)) return undefined;
  if (!isText(originalName) || !isText(mimeType) || !isText(createdAt)) return undefined;
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) return undefined;
  if (sessionId !== null && !isId(sessionId)) return undefined;
  if ((purpose !== null && !isText(purpose)) || (draftId !== null && !isText(draftId))) return undefined;
  const checked = holder === null ? null : checkedHolder(holder);
  if (checked === undefined) return undefined;
  const known = { id, state, originalName, mimeType, sizeBytes, userId, sessionId, holder: checked };
  return { ...known, purpose, draftId, createdAt };
}

function checkedHolder(given: unknown): NonNullable<FileRecord['holder']> | undefined {
  const { type, id } = Object(given) as { type?: unknown; id?: unknown };
  return (type === 'lock' || type === 'template') && isId(id) ? { type, id } : undefined;
}
