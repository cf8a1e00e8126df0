import { listStagedFiles } from '#core/extensions/staged-files.ts';
import type { ExtensionFile } from '#core/files/record.ts';
import { appId, settings, users } from './domain.ts';
import { type History, readyFilesOf, scopesOf } from './history.ts';
import { counters } from './limits.ts';
import { fileIn, type Observed } from './observe.ts';
import { bytesOf, counts, holderOf, isExpired } from './rules.ts';
import type { Ports } from './run.ts';
import { brokenEvents } from './told.ts';

/** What holds whenever nobody is in the middle of something, whatever was killed before. Answers what does not. */
export function brokenNow(observed: Observed): string[] {
  return [
    ...counting(observed),
    ...bytes(observed),
    ...holding(observed),
    ...brokenEvents(observed.told, observed.files),
  ];
}

function counting({ files, usage }: Observed): string[] {
  return counters.flatMap((counter) => {
    const { pk } = counter;
    const counted = files.filter((file) => counts(file, counter));
    const sum = counted.reduce((total, file) => total + file.sizeBytes, 0);
    const { usedBytes, fileCount } = usage.get(pk) ?? { usedBytes: 0, fileCount: 0 };
    if (usedBytes === sum && fileCount === counted.length) return [];
    return [`${pk} counts ${usedBytes} bytes of ${fileCount} files; the records have ${sum} of ${counted.length}`];
  });
}

function bytes({ files, objects, markers }: Observed): string[] {
  const isWhole = (file: ExtensionFile) => [...bytesOf(file)].every(([key, size]) => objects.get(key) === size);
  const lost = files.filter((file) => file.state === 'ready' && !isWhole(file));
  const known = new Set([
    ...files.flatMap((file) => [...bytesOf(file).keys(), file.incoming?.key]),
    ...keysIn(markers),
  ]);
  const orphans = [...objects.keys()].filter((key) => !known.has(key));
  return [
    ...lost.map(({ id }) => `file ${id} is ready without its bytes`),
    ...orphans.map((key) => `object ${key} has neither record nor marker`),
  ];
}

/** What markers are left to remove. */
const keysIn = (markers: Observed['markers']) =>
  markers.flatMap(({ incoming, final, variants }) => [incoming, final, ...variants].map(({ key }) => key));

function holding(observed: Observed): string[] {
  const { files, claims } = observed;
  const live = files.filter(({ state }) => state !== 'deleting');
  const twoMinds = live.filter(
    (file) =>
      (file.staged && (holderOf(file) !== undefined || file.sessionId !== undefined)) ||
      (!file.staged && holderOf(file) === undefined) ||
      (file.lockId !== undefined && file.templateId !== undefined),
  );
  const standing = claims.filter(({ state }) => state === 'claimed');
  const halves = standing.flatMap((claim) =>
    readyFilesOf(claim, observed)
      .filter((file) => {
        const holder = holderOf(file);
        return holder?.type !== claim.target.type || holder.id !== claim.target.id;
      })
      .map((file) => `claim ${claim.id} stands and its file ${file.id} is not held by its ${claim.target.type}`),
  );
  const template = live.filter((file) => file.templateId !== undefined && file.sessionId !== undefined);
  return [
    ...twoMinds.map(({ id }) => `file ${id} is staged and held, or neither, or held twice`),
    ...halves,
    ...template.map(({ id }) => `file ${id} of a template would go with a session`),
  ];
}

/** What everybody sees: no expired file, and no quota taken by one. */
export async function brokenViews(ports: Ports, observed: Observed): Promise<string[]> {
  const broken: string[] = [];
  for (const userId of users) {
    const { items, stagedQuota } = await listStagedFiles(ports, { appId, userId }, {}, settings);
    const staged = observed.files.filter((file) => file.userId === userId && file.staged && file.state !== 'deleting');
    const alive = staged.filter((file) => !isExpired(file, observed.now));
    const visible = alive.filter(({ state }) => state === 'ready').map(({ id }) => id);
    if (
      items
        .map(({ id }) => id)
        .sort()
        .join() !== visible.sort().join()
    )
      broken.push(`${userId} sees other files`);
    const used = alive.reduce((sum, file) => sum + file.sizeBytes, 0);
    if (stagedQuota.bytesUsed !== used) broken.push(`${userId} is told of ${stagedQuota.bytesUsed} bytes, not ${used}`);
  }
  return broken;
}

/** What time alone takes: what was held by something that lives is held still. */
export function lost(before: Observed, after: Observed, history: History): string[] {
  const kept = before.files.filter(
    (file) => file.state === 'ready' && !file.staged && !scopesOf(file).some(history.hasEnded),
  );
  const gone = kept.filter(({ id }) => fileIn(after, id)?.state !== 'ready');
  return gone.map((file) => `file ${file.id} went though nothing of ${scopesOf(file).join(', ')} has ended`);
}

/** What holds once there is nothing left to do. `scheduled`: the hourly schedule has run too. */
export function brokenAtRest(observed: Observed, history: History, scheduled: boolean): string[] {
  const { files, objects, markers, tickets, owed } = observed;
  const keys = new Set(files.flatMap((file) => [...bytesOf(file).keys()]));
  const left = files.filter(({ state, staged }) => state !== 'ready' || staged);
  const outlived = files.filter((file) => scopesOf(file).some((scope) => history.mustBeGone(scope)));
  const incoming = new Set(scheduled ? [] : keysIn(markers));
  const strays = [...objects.keys()].filter((key) => !keys.has(key) && !incoming.has(key));
  return [
    ...left.map(({ id, state, staged }) => `file ${id} is ${state}${staged ? ' and staged' : ''} at rest`),
    ...outlived.map((file) => `file ${file.id} outlived one of ${scopesOf(file).join(', ')}`),
    ...strays.map((key) => `object ${key} is left`),
    ...(tickets.length > 0 ? [`tickets are left: ${tickets.join(', ')}`] : []),
    ...(owed.length > 0 ? [`clean-ups are owed still: ${JSON.stringify(owed)}`] : []),
    ...(scheduled && markers.length > 0 ? ['markers are left'] : []),
  ];
}
