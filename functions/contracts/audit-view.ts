import * as z from 'zod/mini';
import type { AuditEntry } from '#core/files/audit.ts';

const text = z.string();

/** What an administrator changed; see `AuditEntry`. */
export const auditAnswer = z.object({
  id: text,
  at: text,
  by: z.nullable(text),
  action: z.enum([
    'app.settings.changed',
    'app.key.created',
    'app.key.revoked',
    'app.file.deleted',
    'uploads.settings.changed',
    'uploads.file.deleted',
    'organizations.file.deleted',
    'reconcile.run',
    'dead_letters.redriven',
  ]),
  appId: z.nullable(text),
  subject: z.nullable(z.object({ type: z.enum(['file', 'key', 'queue']), id: text })),
  changes: z.record(text, z.object({ from: z.optional(z.unknown()), to: z.optional(z.unknown()) })),
  details: z.record(text, z.unknown()),
});

export const auditView = (entry: AuditEntry): z.output<typeof auditAnswer> => ({
  id: entry.id,
  at: entry.at,
  by: entry.by ?? null,
  action: entry.action,
  appId: entry.appId ?? null,
  subject: entry.subject ?? null,
  changes: entry.changes ?? {},
  details: entry.details ?? {},
});
