/** What an administrator does: a service token with scope `admin` (docs/contract.md, "Administration"). */
import { adminRecords } from './admin-records.ts';
import { type CallOptions, type ClientOptions, createCaller, secretOf, type Token } from './caller.ts';
import { everyItem } from './lists.ts';
import type { AnswerOf, JsonOf, Operation, Schemas } from './operations.ts';

export interface AdminOptions extends ClientOptions {
  token: Token;
}

/** The key, which is told this once. */
export type NewDeveloperKey = AnswerOf<Operation<'post', '/admin/extensions/apps/{appId}/developer-keys'>>;
export type ReconcileRequest = JsonOf<Operation<'post', '/admin/reconcile'>>;
export type AppStorage = AnswerOf<Operation<'get', '/admin/extensions/apps/{appId}/file-storage'>>;
type FilesQuery = NonNullable<Operation<'get', '/admin/extensions/apps/{appId}/files'>['parameters']['query']>;
export type AppFileFilter = Omit<FilesQuery, 'cursor'>;
export type AppFileDetail = AnswerOf<Operation<'get', '/admin/extensions/apps/{appId}/files/{fileId}'>>;
export type Health = Schemas['Health'];
export type UploadSettings = AnswerOf<Operation<'get', '/admin/uploads/settings'>>['settings'];

export type Admin = ReturnType<typeof createAdmin>;

/** Administration of one Stowage. Every call rejects with a `StowageError`. */
export function createAdmin({ token, ...client }: AdminOptions) {
  const { call } = createCaller(client, async () => ({ authorization: `Bearer ${await secretOf(token)}` }));
  const keys = '/admin/extensions/apps/{appId}/developer-keys';
  const files = '/admin/extensions/apps/{appId}/files';
  const storage = '/admin/extensions/apps/{appId}/file-storage';
  return {
    ...adminRecords(call),
    developerKeys: {
      /** Creates a key. A try that is repeated gets another key in place of the one that nobody heard of. */
      create: (appId: string, label: string, options?: CallOptions): Promise<NewDeveloperKey> =>
        call('post', keys, { path: { appId }, json: { label } }, options),
      /** The app's keys without their secrets, oldest first. */
      list: (appId: string, options?: CallOptions): AsyncGenerator<Schemas['DeveloperKey'], void> =>
        everyItem((cursor) => call('get', keys, { path: { appId }, query: { cursor } }, options)),
      /** Ends a key; it is refused everywhere within five seconds. */
      revoke: async (appId: string, keyId: string, options?: CallOptions): Promise<void> => {
        await call('delete', `${keys}/{keyId}`, { path: { appId, keyId } }, options);
      },
    },
    storage: {
      /** An app's settings, and what it uses now. */
      get: (appId: string, options?: CallOptions): Promise<AppStorage> =>
        call('get', storage, { path: { appId } }, options),
      /** Changes any subset of them. */
      set: (appId: string, change: Schemas['AppSettingsChange'], options?: CallOptions): Promise<AppStorage> =>
        call('put', storage, { path: { appId }, json: change }, options),
    },
    files: {
      /** An app's files in any state, newest first; with `state: 'deleting'` those that are being deleted. */
      list: (
        appId: string,
        filter: AppFileFilter = {},
        options?: CallOptions,
      ): AsyncGenerator<Schemas['AppFile'], void> =>
        everyItem((cursor) => call('get', files, { path: { appId }, query: { ...filter, cursor } }, options)),
      /** One file with a link, what has it, when it goes, and what happened to it. */
      get: (appId: string, fileId: string, options?: CallOptions): Promise<AppFileDetail> =>
        call('get', `${files}/{fileId}`, { path: { appId, fileId } }, options),
      /** Deletes it, whatever has it. */
      delete: async (appId: string, fileId: string, options?: CallOptions): Promise<void> => {
        await call('delete', `${files}/{fileId}`, { path: { appId, fileId } }, options);
      },
    },
    uploads: {
      get: async (options?: CallOptions): Promise<UploadSettings> =>
        (await call('get', '/admin/uploads/settings', {}, options)).settings,
      set: async (change: Schemas['UploadSettingsChange'], options?: CallOptions): Promise<UploadSettings> =>
        (await call('put', '/admin/uploads/settings', { json: change }, options)).settings,
    },
    /** What the stage sees of itself: its table, secret and buckets. `healthy` is in the answer; an ill stage answers, too. */
    health: (options?: CallOptions): Promise<Health> => call('get', '/admin/health', {}, options),
    /**
     * Finds what drifted and, unless dry, puts it right. Where `complete` is false time ran out: send it again with `cursor`
     * until it is true.
     */
    reconcile: (request: ReconcileRequest, options?: CallOptions): Promise<Schemas['ReconcileReport']> =>
      call('post', '/admin/reconcile', { json: request }, options),
  };
}
