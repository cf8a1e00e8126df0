import type { ClaimAnswer } from '#core/extensions/claims/claim.ts';
import { type ClaimRecord, claimIdOf } from '#core/extensions/claims/claim-record.ts';
import type { PutOffer } from '#core/files/incoming.ts';
import type { ExtensionFile as FileRecord } from '#core/files/record.ts';
import { appId, type Command, type EventBody } from './domain.ts';
import { fileIn, type Observed } from './observe.ts';
import type { Answer, ClaimRequest, Request } from './perform.ts';
import { holderOf } from './rules.ts';
import type { Ending } from './turns.ts';

/** A request and what became of it. */
export interface Done {
  request: Request;
  ending: Ending<Answer>;
}

export const idOfClaim = ({ user, target, draftId, fileIds, replace }: ClaimRequest) =>
  claimIdOf({ appId, userId: user, target, fileIds: [...new Set(fileIds)], draftId, replace });

/**
 * What the world outside remembers: who was told what, and what the platform has said. With it the model knows what
 * must be there, what must be gone, and what may be either.
 */
export function createHistory() {
  const offers = new Map<string, PutOffer>();
  const claims = new Map<string, ClaimRequest>();
  const answers = new Map<string, ClaimAnswer>();
  const ended = new Map<string, number>();
  const clones: { lockId: string; templateId: string; order: number }[] = [];
  let order = 0;

  /** Apps, sessions and locks end at once; templates when no clone lives that was made before. */
  function hasEnded(scope: string): boolean {
    const at = ended.get(scope);
    if (at === undefined || !scope.startsWith('TEMPLATE#')) return at !== undefined;
    return !living(scope).some((clone) => clone.order < at);
  }

  const living = (scope: string) =>
    clones.filter(({ templateId, lockId }) => scope === `TEMPLATE#${templateId}` && !ended.has(`LOCK#${lockId}`));

  /** Nothing holds it any more, whatever came when. */
  const mustBeGone = (scope: string) =>
    ended.has(scope) && (!scope.startsWith('TEMPLATE#') || living(scope).length === 0);

  function hear(event: EventBody): void {
    order += 1;
    if (event.type === 'lock.cloned') clones.push({ ...event, order });
    else if (!ended.has(scopeOf(event))) ended.set(scopeOf(event), order);
  }

  /** Makes a command's picks; undefined when there is nothing to pick from. */
  function requestOf(command: Command, before: Observed): Request | undefined {
    switch (command.kind) {
      case 'put': {
        const file = choose(
          before.files.filter(({ id }) => offers.has(id)),
          command.pick,
        );
        const offer = offers.get(file?.id ?? '');
        return file?.incoming && offer && { kind: 'put', file, offer, storedSize: command.storedSize };
      }
      case 'complete': {
        const file = choose(
          before.files.filter(({ incoming }) => incoming !== undefined),
          command.pick,
        );
        return file && { kind: 'complete', file };
      }
      case 'claim': {
        const own = before.files.filter(({ userId }) => userId === command.user);
        const others = before.files.filter(({ userId }) => userId !== command.user).slice(0, 1);
        const fileIds = command.picks.flatMap((pick) => choose([...own, ...others], pick)?.id ?? []);
        const { user, target, draftId, replace } = command;
        return fileIds.length === 0 ? undefined : { kind: 'claim', user, target, draftId, fileIds, replace };
      }
      case 'claimAgain': {
        const request = choose([...claims.values()], command.pick);
        return request && { kind: 'claim', ...request };
      }
      case 'rollBack': {
        const claim = choose(before.claims, command.pick);
        return claim && { kind: 'rollBack', claimId: claim.id };
      }
      case 'delete': {
        const file = choose(before.files, command.pick);
        return file && { kind: 'delete', file };
      }
      case 'event': {
        const event = { eventId: `event-${order}`, ...command.event };
        return { kind: 'event', event, direct: command.direct };
      }
      default:
        return command;
    }
  }

  /** Before a request is made: what it says about the world counts from now on. */
  function note(request: Request): void {
    if (request.kind === 'claim') claims.set(idOfClaim(request), request);
    if (request.kind === 'event') hear(request.event);
  }

  function remember({ request, ending }: Done): void {
    if (ending.crashed || !ending.value.ok) return;
    const { fileId, offer, claim } = ending.value;
    if (fileId !== undefined && offer !== undefined) offers.set(fileId, offer);
    if (claim !== undefined) answers.set(claim.claimId, claim);
    if (request.kind === 'rollBack') answers.delete(request.claimId);
  }

  return { requestOf, note, remember, hasEnded, mustBeGone, claims, answers };
}

export type History = ReturnType<typeof createHistory>;

const choose = <T>(from: T[], pick: number): T | undefined => from[pick % Math.max(1, from.length)];

/** Everything a file lives and dies with, by partition key. */
export function scopesOf(file: FileRecord): string[] {
  return [
    `APP#${file.appId}`,
    ...(file.sessionId === undefined ? [] : [`SESSION#${file.sessionId}`]),
    ...(file.lockId === undefined ? [] : [`LOCK#${file.lockId}`]),
    ...(file.templateId === undefined ? [] : [`TEMPLATE#${file.templateId}`]),
  ];
}

/** A claim that replaces takes what its target holds for the same user by earlier claims, and its config does not name. */
export function replaces({ replace, user, target, fileIds }: ClaimRequest, file: FileRecord): boolean {
  const holder = holderOf(file);
  const held = holder?.type === target.type && holder.id === target.id && file.claimIds !== undefined;
  return replace && held && file.userId === user && !fileIds.includes(file.id);
}

export const scopeOfTarget = ({ type, id }: Pick<ClaimRequest['target'], 'type' | 'id'>) =>
  `${type.toUpperCase()}#${id}`;

function scopeOf(event: Exclude<EventBody, { type: 'lock.cloned' }>): string {
  switch (event.type) {
    case 'app.deleted':
      return `APP#${event.appId}`;
    case 'session.deleted':
      return `SESSION#${event.sessionId}`;
    case 'template.deleted':
      return `TEMPLATE#${event.templateId}`;
    default:
      return `LOCK#${event.lockId}`;
  }
}

/** A claim's files that are there and ready. */
export const readyFilesOf = (claim: Pick<ClaimRecord, 'fileIds'>, observed: Observed): FileRecord[] =>
  claim.fileIds.flatMap((id) => {
    const file = fileIn(observed, id);
    return file?.state === 'ready' ? [file] : [];
  });
