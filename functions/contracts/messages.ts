import * as z from 'zod/mini';
import { checked } from './checked.ts';
import { identifier } from './parameters.ts';
import './locale.ts';

const scope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('app'), appId: identifier }),
  z.object({ kind: z.literal('session'), sessionId: identifier }),
  z.object({ kind: z.literal('lock'), lockId: identifier }),
  z.object({ kind: z.literal('template'), templateId: identifier }),
]);

/** What the cleanup worker takes. A message that is none of these ends in the dead-letter queue. */
export const cleanupMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('file.delete'), fileId: z.string() }),
  z.object({ type: z.literal('files.delete'), fileIds: z.array(z.string()) }),
  z.object({ type: z.literal('draft.clean'), claimId: z.string(), draftId: z.string() }),
  z.object({
    type: z.literal('scope.clean'),
    scope,
    cursor: z.optional(z.string()),
    pass: z.optional(z.union([z.literal(1), z.literal(2)])),
  }),
  z.object({ type: z.literal('template.check'), templateId: identifier }),
]);

const eventId = checked(z.string(), z.minLength(1), z.maxLength(200));

/**
 * What the platform tells of its apps, sessions, locks and templates, over HTTP and by queue
 * (docs/contract.md, "Lifecycle events").
 */
export const lifecycleEvent = z.discriminatedUnion('type', [
  z.object({ eventId, type: z.literal('app.deleted'), appId: identifier }),
  z.object({ eventId, type: z.literal('session.deleted'), sessionId: identifier }),
  z.object({ eventId, type: z.enum(['lock.deleted', 'lock.archived']), lockId: identifier }),
  z.object({ eventId, type: z.literal('template.deleted'), templateId: identifier }),
  z.object({ eventId, type: z.literal('lock.cloned'), lockId: identifier, templateId: identifier }),
]);
