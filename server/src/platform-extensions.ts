/** What the platform tells of extensions' files: claims and lifecycle events. */
import type { Caller, CallOptions } from './caller.ts';
import type { AnswerOf, JsonOf, Operation, Schemas } from './operations.ts';

const claimsPath = '/platform/extensions/{appId}/claims';

export type ClaimRequest<C> = JsonOf<Operation<'post', typeof claimsPath>> & {
  /** The configuration that is being saved: any JSON. */
  config: C;
};

export type Claim<C> = AnswerOf<Operation<'post', typeof claimsPath>> & {
  /** What to save: as it came, without the links on its references. */
  config: C;
};

export type LifecycleEvent = Schemas['LifecycleEvent'];
type Accepted = AnswerOf<Operation<'post', '/platform/lifecycle-events'>>;

/** The configuration that is saved, and the files in it (docs/contract.md, "Claims"). */
export function claimsOf({ call }: Caller) {
  return {
    /** Claims the files of a config before it is saved. Save the `config` of the answer. */
    create: async <C>(appId: string, claim: ClaimRequest<C>, options?: CallOptions): Promise<Claim<C>> =>
      (await call('post', claimsPath, { path: { appId }, json: claim }, options)) as Claim<C>,
    /** Takes a claim back when saving failed: its files are staged again, for an hour at least. */
    rollBack: async (claimId: string, options?: CallOptions): Promise<void> => {
      await call('delete', '/platform/extensions/claims/{claimId}', { path: { claimId } }, options);
    },
  };
}

export interface EventOptions extends CallOptions {
  /**
   * Your outbox's id of the event, so that it counts once however often it is sent. One is made for the call unless told.
   */
  eventId?: string;
}

/** What happened to apps, sessions, locks and templates (docs/contract.md, "Lifecycle events"). */
export function eventsOf({ call }: Caller) {
  const send = (event: LifecycleEvent, options?: CallOptions): Promise<Accepted> =>
    call('post', '/platform/lifecycle-events', { json: event }, options);
  const idOf = ({ eventId }: EventOptions) => eventId ?? crypto.randomUUID();
  return {
    /** Any event, as it lies in an outbox. */
    send,
    /** Storage of the app is off for good, and all its files go. */
    appDeleted: (appId: string, options: EventOptions = {}) =>
      send({ eventId: idOf(options), type: 'app.deleted', appId }, options),
    /** Files and state of the session go. */
    sessionDeleted: (sessionId: string, options: EventOptions = {}) =>
      send({ eventId: idOf(options), type: 'session.deleted', sessionId }, options),
    /** The lock's files go. */
    lockDeleted: (lockId: string, options: EventOptions = {}) =>
      send({ eventId: idOf(options), type: 'lock.deleted', lockId }, options),
    /** The same as deleted. */
    lockArchived: (lockId: string, options: EventOptions = {}) =>
      send({ eventId: idOf(options), type: 'lock.archived', lockId }, options),
    /** The template's files stay while this lock lives. To be told before the clone is used. */
    lockCloned: ({ lockId, templateId }: { lockId: string; templateId: string }, options: EventOptions = {}) =>
      send({ eventId: idOf(options), type: 'lock.cloned', lockId, templateId }, options),
    /** The template's files go when no lock cloned from it is left. */
    templateDeleted: (templateId: string, options: EventOptions = {}) =>
      send({ eventId: idOf(options), type: 'template.deleted', templateId }, options),
  };
}
