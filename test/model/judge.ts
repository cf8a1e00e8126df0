import { isDeepStrictEqual } from 'node:util';
import type { ClaimAnswer } from '#core/extensions/claims/claim.ts';
import type { ExtensionFile as FileRecord } from '#core/files/record.ts';
import { type Done, type History, idOfClaim, readyFilesOf, replaces, scopeOfTarget, scopesOf } from './history.ts';
import { fileIn, isReady, type Observed } from './observe.ts';
import type { Answer, ClaimRequest, Request } from './perform.ts';
import { holderOf, isExpired } from './rules.ts';

type Of<K extends Request['kind']> = Extract<Request, { kind: K }>;

/**
 * Whether what changed in a round has a cause, and whether whoever was told something was told the truth. A killed
 * request may or may not have had its effect; one that was refused had none.
 */
export function unexplained(done: Done[], before: Observed, after: Observed, history: History): string[] {
  const causes = createCauses(done, after, history);
  return [
    ...before.files.filter(isReady).flatMap((file) => change(file, fileIn(after, file.id), causes)),
    ...done.flatMap((each) => (each.ending.crashed ? [] : untrue(each.request, each.ending.value, after, causes))),
    ...done.flatMap((each) => notTheSame(each, done, before, history, causes)),
  ];
}

function createCauses(done: Done[], after: Observed, history: History) {
  const effective = done.filter(({ ending }) => ending.crashed || ending.value.ok);
  const made = <K extends Request['kind']>(kind: K) =>
    effective.flatMap(({ request, ending }) => (request.kind === kind ? [{ request: request as Of<K>, ending }] : []));
  const claims = made('claim');
  const rollBacks = made('rollBack').map(({ request }) => request.claimId);
  const deletes = made('delete').map(({ request }) => request.file.id);

  return {
    claimedBy: (file: FileRecord) => claims.filter(({ request }) => request.fileIds.includes(file.id)),
    /** A claim that names the file, or one that rests on the same binding, was taken back. */
    rolledBack: (file: FileRecord) =>
      rollBacks.some((id) => after.claims.find((claim) => claim.id === id)?.fileIds.includes(file.id)),
    wasRolledBack: (claimId: string) => rollBacks.includes(claimId),
    /** Why a file that was ready may be gone. */
    mayBeGone(file: FileRecord): boolean {
      const current = fileIn(after, file.id) ?? file;
      const scopes = [...scopesOf(file), ...scopesOf(current)];
      const taken = claims.filter(({ request }) => request.fileIds.includes(file.id));
      return (
        deletes.includes(file.id) ||
        isExpired(file, after.now) ||
        isExpired(current, after.now) ||
        scopes.some(history.hasEnded) ||
        taken.some(({ request }) => scopesOfTarget(request).some(history.hasEnded)) ||
        claims.some(
          ({ request, ending }) =>
            (cleans(request, file) || replaces(request, file) || replaces(request, current)) &&
            (ending.crashed || (ending.value.ok && ending.value.claim?.deleted.includes(file.id))),
        )
      );
    },
  };
}

type Causes = ReturnType<typeof createCauses>;

const cleans = ({ user, draftId, fileIds }: ClaimRequest, file: FileRecord) =>
  draftId !== undefined && file.draftId === draftId && file.userId === user && !fileIds.includes(file.id);

const scopesOfTarget = ({ target }: ClaimRequest) => [
  scopeOfTarget(target),
  ...(target.sessionId === undefined ? [] : [`SESSION#${target.sessionId}`]),
];

function change(file: FileRecord, now: FileRecord | undefined, causes: Causes): string[] {
  if (!isReady(now)) return causes.mayBeGone(file) ? [] : [`file ${file.id} is gone and nobody may have removed it`];
  const complaints: string[] = [];
  if (now.key !== file.key || now.sizeBytes !== file.sizeBytes) complaints.push(`file ${file.id} changed its bytes`);
  if (!isDeepStrictEqual(now.image, file.image)) complaints.push(`file ${file.id} changed its copies`);
  const [was, is] = [holderOf(file), holderOf(now)];
  if (was?.type === is?.type && was?.id === is?.id) return complaints;
  if (was !== undefined && !causes.rolledBack(file)) complaints.push(`file ${file.id} was taken from its ${was.type}`);
  const claimed = causes
    .claimedBy(file)
    .some(({ request: { target } }) => target.type === is?.type && target.id === is.id);
  if (is !== undefined && !claimed) complaints.push(`file ${file.id} is held by ${is.type} ${is.id} without a claim`);
  return complaints;
}

function untrue(request: Request, answer: Answer, after: Observed, causes: Causes): string[] {
  if (!answer.ok) return request.kind === 'claim' ? tellsTooMuch(answer.details) : [];
  switch (request.kind) {
    case 'delete':
      return isReady(fileIn(after, request.file.id)) ? [`file ${request.file.id} was said to be deleted`] : [];
    case 'rollBack': {
      const claimedAgain = (file: FileRecord) => causes.claimedBy(file).length > 0;
      const claim = after.claims.find(({ id }) => id === request.claimId);
      const held =
        claim === undefined ? [] : readyFilesOf(claim, after).filter((file) => isHeldFor(file, claim.id, after));
      return held.filter((file) => !claimedAgain(file)).map(({ id }) => `file ${id} stayed with a claim taken back`);
    }
    case 'claim':
      return untrueClaim(request, answer, after, causes);
    default:
      return [];
  }
}

/** Held though no claim that stands says so, and not uploaded where it is. */
const isHeldFor = (file: FileRecord, claimId: string, { claims }: Observed) =>
  !file.staged &&
  claims.every(({ id, state, fileIds }) => state !== 'claimed' || id === claimId || !fileIds.includes(file.id)) &&
  claims.some(({ id, fileIds }) => id === claimId && fileIds.includes(file.id)) &&
  file.sessionId === undefined;

function untrueClaim(request: ClaimRequest, answer: Answer & { ok: true }, after: Observed, causes: Causes): string[] {
  const { target } = request;
  const id = idOfClaim(request);
  const complaints = (answer.claim?.claimed ?? []).flatMap((fileId) => {
    const file = fileIn(after, fileId);
    if (!isReady(file)) return [];
    const holder = holderOf(file);
    if (holder?.type === target.type && holder.id === target.id) return [];
    return causes.wasRolledBack(id) || causes.rolledBack(file) ? [] : [`file ${fileId} was said to be claimed`];
  });
  const undeleted = (answer.claim?.deleted ?? []).filter((fileId) => isReady(fileIn(after, fileId)));
  if (JSON.stringify(answer.claim?.config).includes('signedUrl')) complaints.push('a temporary link was kept');
  return [...complaints, ...undeleted.map((fileId) => `file ${fileId} was said to be deleted with its draft`)];
}

/** A refusal says what holds a file, by type; never which lock or template. */
function tellsTooMuch(details: Record<string, unknown> | undefined): string[] {
  const files = (details?.files ?? []) as Record<string, unknown>[];
  const allowed = ['fileId', 'code', 'heldBy'];
  return files.flatMap((file) => Object.keys(file).filter((name) => !allowed.includes(name)));
}

/** The same claim gives the same answer, again or at the same moment, for as long as it stands. */
function notTheSame({ request, ending }: Done, done: Done[], before: Observed, history: History, causes: Causes) {
  if (request.kind !== 'claim' || ending.crashed || !ending.value.ok) return [];
  const id = idOfClaim(request);
  if (causes.wasRolledBack(id)) return [];
  const stood = before.claims.some((claim) => claim.id === id && claim.state === 'claimed');
  const others = done.flatMap(
    (other) => (!other.ending.crashed && other.ending.value.ok && other.ending.value.claim) || [],
  );
  const earlier = stood ? (history.answers.get(id) ?? []) : [];
  const same = [...others, earlier].flat().filter(({ claimId }) => claimId === id);
  // What replaces others is looked at anew each time: what was saved since goes, too.
  const told = (answer: ClaimAnswer) => (request.replace ? { claimed: sorted(answer).claimed } : sorted(answer));
  return new Set(same.map((answer) => JSON.stringify(told(answer)))).size > 1
    ? [`claim ${id} was answered differently: ${JSON.stringify(same)}`]
    : [];
}

/** The order of the files follows the config, which is the asker's. */
const sorted = ({ claimed, deleted }: ClaimAnswer) => ({ claimed: [...claimed].sort(), deleted });
