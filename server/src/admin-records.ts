/** What administrators look up and look after beside settings, keys and an app's files. */
import type { Caller, CallOptions } from './caller.ts';
import { everyItem } from './lists.ts';
import type { Operation, Schemas } from './operations.ts';

type QueryOf<O extends { parameters: { query?: unknown } }> = Omit<NonNullable<O['parameters']['query']>, 'cursor'>;

export type UsageBy = QueryOf<Operation<'get', '/admin/extensions/apps/{appId}/usage'>>;
export type UsageItem = { usedBytes: number; fileCount: number; sessionId?: string; userId?: string; day?: string };
export type UploadFilter = QueryOf<Operation<'get', '/admin/uploads'>>;

/** Lists of them go on from page to page as they are taken. */
export function adminRecords(call: Caller['call']) {
  const usage = '/admin/extensions/apps/{appId}/usage';
  const letters = '/admin/dead-letters/{queue}';
  return {
    apps: {
      /** Every app with its settings and what it uses, in the order of ids; `search` is a part of the id. */
      list: (
        filter: { search?: string; limit?: number } = {},
        options?: CallOptions,
      ): AsyncGenerator<Schemas['AppSummary'], void> =>
        everyItem((cursor) => call('get', '/admin/extensions/apps', { query: { ...filter, cursor } }, options)),
      /** What an app uses by session, by staging user, or day by day. */
      usage: (appId: string, by: UsageBy, options?: CallOptions): AsyncGenerator<UsageItem, void> =>
        everyItem((cursor) => call('get', usage, { path: { appId }, query: { ...by, cursor } }, options)),
    },
    /** A user's uploads with links, stored or deleted, newest first. */
    listUploads: (filter: UploadFilter, options?: CallOptions): AsyncGenerator<Schemas['UserUpload'], void> =>
      everyItem((cursor) => call('get', '/admin/uploads', { query: { ...filter, cursor } }, options)),
    /** Deletes an upload at once and for good. */
    deleteUpload: async (fileId: string, options?: CallOptions): Promise<void> => {
      await call('delete', '/admin/uploads/{fileId}', { path: { fileId } }, options);
    },
    /** An organization's files with links, newest first. */
    listOrganizationUploads: (
      orgId: string,
      options?: CallOptions,
    ): AsyncGenerator<Schemas['OrganizationUpload'], void> => {
      const path = '/admin/organizations/{orgId}/uploads';
      return everyItem((cursor) => call('get', path, { path: { orgId }, query: { cursor } }, options));
    },
    /** Deletes a file of an organization at once and for good; rejects with `retained_until` where it must be kept. */
    deleteOrganizationUpload: async (orgId: string, fileId: string, options?: CallOptions): Promise<void> => {
      await call('delete', '/admin/organizations/{orgId}/uploads/{fileId}', { path: { orgId, fileId } }, options);
    },
    /** What administrators changed, newest first: of everything, or of one app. */
    audit: (filter: { appId?: string } = {}, options?: CallOptions): AsyncGenerator<Schemas['AuditEntry'], void> =>
      everyItem((cursor) => call('get', '/admin/audit', { query: { ...filter, cursor } }, options)),
    /** What reconcile found in the runs of the last thirty days, newest first. */
    reports: (options?: CallOptions): AsyncGenerator<Schemas['KeptReport'], void> =>
      everyItem((cursor) => call('get', '/admin/reconcile/reports', { query: { cursor } }, options)),
    deadLetters: {
      /** Every queue of what failed for good, empty ones too. */
      list: async (options?: CallOptions): Promise<Schemas['DeadLetterQueue'][]> =>
        (await call('get', '/admin/dead-letters', {}, options)).queues,
      /** Ten messages of one at most; takes none away. */
      look: async (queue: string, options?: CallOptions): Promise<Schemas['DeadLetter'][]> =>
        (await call('get', `${letters}/messages`, { path: { queue } }, options)).messages,
      /** Sends all messages of one back to where they failed: mend the cause first. */
      redrive: (queue: string, options?: CallOptions): Promise<Schemas['MoveTask']> =>
        call('post', `${letters}/redrive`, { path: { queue } }, options),
    },
  };
}
