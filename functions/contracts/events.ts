import * as z from 'zod/mini';
import type { EventType } from '#core/events/event.ts';

const text = z.string();

const facts = {
  fileId: text,
  sequence: z.number(),
  system: z.enum(['extension', 'organization', 'upload']),
  userId: text,
  mimeType: text,
  sizeBytes: z.number(),
  appId: z.optional(text),
  sessionId: z.optional(text),
  holder: z.optional(z.object({ type: z.enum(['lock', 'template']), id: text })),
  staged: z.optional(z.boolean()),
  purpose: z.optional(text),
  draftId: z.optional(text),
  orgId: z.optional(text),
  ownerType: z.optional(
    z.enum([
      'exercise_comment',
      'progress_photo',
      'message',
      'logo',
      'minisite_asset',
      'workout_media',
      'signature',
      'compliance_document',
      'export',
    ]),
  ),
  parentId: z.optional(text),
  visibility: z.optional(z.enum(['public', 'private'])),
};

/** What is told of a file, of a deleted one, and of an app that fills up (docs/contract.md, "Events"). */
export const fileFacts = z.object(facts);
export const deletedFacts = z.object({ ...facts, reason: z.enum(['expired', 'rejected', 'deleted']) });
export const quotaFacts = z.object({
  appId: text,
  threshold: z.number(),
  usedBytes: z.number(),
  limitBytes: z.number(),
});

const eventOf = <Type extends EventType, Data extends z.ZodMiniType>(type: Type, data: Data) =>
  z.object({ id: text, type: z.literal(type), time: text, version: z.literal(1), source: text, data });

/** Every event by its type, as the bus and webhooks carry it. */
export const events = {
  'file.ready': eventOf('file.ready', fileFacts),
  'file.claimed': eventOf('file.claimed', fileFacts),
  'file.released': eventOf('file.released', fileFacts),
  'file.deleted': eventOf('file.deleted', deletedFacts),
  'quota.near': eventOf('quota.near', quotaFacts),
} satisfies Record<EventType, z.ZodMiniType>;
