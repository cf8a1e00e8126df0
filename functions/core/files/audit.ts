import { newId } from './ids.ts';
import type { Page, PageRequest } from './store.ts';

/** What administrators do that is written down (docs/operating.md, "What administrators change"). */
export type AuditAction =
  | 'app.settings.changed'
  | 'app.key.created'
  | 'app.key.revoked'
  | 'app.file.deleted'
  | 'uploads.settings.changed'
  | 'uploads.file.deleted'
  | 'organizations.file.deleted'
  | 'reconcile.run'
  | 'dead_letters.redriven';

/** Who changes something, and when. */
export interface Author {
  /** The `sub` of the service token; undefined where it has none. */
  subject: string | undefined;
  at: Date;
}

/**
 * One change by an administrator. It is written in the transaction that makes the change, so neither is there without the
 * other. Never holds a secret.
 */
export interface AuditEntry {
  /** Sorts by time. */
  id: string;
  /** ISO 8601. */
  at: string;
  by?: string;
  action: AuditAction;
  appId?: string;
  /** What it was done to. */
  subject?: { type: 'file' | 'key' | 'queue'; id: string };
  /** Fields that changed: what they were and what they are. */
  changes?: Record<string, { from?: unknown; to?: unknown }>;
  /** What else somebody who reads this wants to know. */
  details?: Record<string, unknown>;
}

/** An entry of this moment. Everything in `what` is kept for 400 days, so it may hold no secret. */
export function auditEntry({ subject, at }: Author, what: Omit<AuditEntry, 'id' | 'at' | 'by'>): AuditEntry {
  return { id: newId(at), at: at.toISOString(), ...(subject !== undefined && { by: subject }), ...what };
}

/** The fields of `next` that differ from what they were, by their JSON: values are what settings are made of. */
export function changesOf<T extends object>(was: T, next: Partial<T>): NonNullable<AuditEntry['changes']> {
  const names = Object.keys(next) as (keyof T & string)[];
  const differing = names.filter((name) => JSON.stringify(was[name]) !== JSON.stringify(next[name]));
  return Object.fromEntries(differing.map((name) => [name, { from: was[name], to: next[name] }]));
}

/** What was written down, newest first. */
export interface AuditLog {
  /** Of everything, strongly consistent, or of one app, eventually. Throws `validation_failed` for a cursor it did not give. */
  list(of: { appId?: string | undefined }, page: PageRequest): Promise<Page<AuditEntry>>;
  /** For what is no one transaction: written before it begins. */
  note(entry: AuditEntry): Promise<void>;
}
