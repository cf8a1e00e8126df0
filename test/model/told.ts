import type { FileEvent } from '#core/events/event.ts';
import { type FileRecord, holderOf } from '#core/files/record.ts';

/** What may be told of a file after what was told last. Only an upload that is restored is ready a second time. */
const follows: Record<FileEvent['type'] | 'nothing', readonly FileEvent['type'][]> = {
  nothing: ['file.ready'],
  'file.ready': ['file.claimed', 'file.deleted'],
  'file.claimed': ['file.claimed', 'file.released', 'file.deleted'],
  'file.released': ['file.claimed', 'file.deleted'],
  'file.deleted': ['file.ready'],
};

/**
 * What listeners heard, held to what there is: in an order that can be, each once, and in the end what the record says.
 * Answers what is wrong. `files` are all records; of one that is gone nothing is left but what was told.
 */
export function brokenEvents(events: readonly FileEvent[], files: readonly FileRecord[]): string[] {
  const byFile = Map.groupBy(events, ({ data }) => data.fileId);
  const untold = files.filter((file) => isGivenOut(file) && !byFile.has(file.id));
  return [
    ...untold.map(({ id }) => `nobody was told of ${id}`),
    ...[...byFile].flatMap(([id, told]) => [...brokenOrder(id, told), ...brokenEnd(id, told, files)]),
  ];
}

function brokenOrder(id: string, told: readonly FileEvent[]): string[] {
  return told.flatMap((event, index) => {
    const before = told[index - 1];
    const after = before?.type ?? 'nothing';
    const wrong = follows[after].includes(event.type) ? [] : [`${id}: ${event.type} was told after ${after}`];
    if (before === undefined) return wrong;
    if (before.data.sequence >= event.data.sequence) wrong.push(`${id}: ${event.type} is not later by its sequence`);
    if (before.id === event.id) wrong.push(`${id}: two events are called ${event.id}`);
    return wrong;
  });
}

function brokenEnd(id: string, told: readonly FileEvent[], files: readonly FileRecord[]): string[] {
  const file = files.find((one) => one.id === id);
  const last = told.at(-1);
  if (last === undefined) return [];
  const gone = last.type === 'file.deleted';
  if (file === undefined || !isGivenOut(file)) return gone ? [] : [`${id} is gone, and ${last.type} was told last`];
  if (gone) return [`${id} is there, and was told to be deleted`];
  if (file.scope !== 'extension' || last.data.system !== 'extension') return [];
  const { staged, holder, sessionId } = last.data;
  const heard = JSON.stringify([staged, staged ? undefined : holder, staged ? undefined : sessionId]);
  const is = JSON.stringify([file.staged, file.staged ? undefined : holderOf(file), file.sessionId]);
  return heard === is ? [] : [`${id} is ${is}, and was told to be ${heard}`];
}

const isGivenOut = (file: FileRecord) =>
  file.state === 'ready' && file.quarantine === undefined && !(file.scope === 'upload' && file.deletedAt !== undefined);
