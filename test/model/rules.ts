/**
 * The rules the world must keep, spelled out for the model alone. Nothing here comes from the code under test: a rule
 * that both shared could be wrong in both, and no history would show it. Only the shapes of records are borrowed.
 */
import type { ExtensionFile } from '#core/files/record.ts';
import { appId } from './domain.ts';

/** What is counted together, with the name its item has in the table and the limit of `domain.ts` it may reach. */
export interface Counter {
  /** Of an app, which lies in slices: what the names of all of them begin with. */
  pk: string;
  kind: 'app' | 'session' | 'staged';
  limitBytes: number;
}

const limits = { app: 1500, session: 400, staged: 700 } as const;

const counter = (kind: Counter['kind'], pk: string): Counter => ({ kind, pk, limitBytes: limits[kind] });

export const appCounter: Counter = counter('app', `APP#${appId}`);
export const sessionCounter = (sessionId: string): Counter => counter('session', `SESSION#${sessionId}`);
export const stagedCounter = (userId: string): Counter => counter('staged', `STAGED#${appId}#${userId}`);

/** What the items of a counter say together, wherever they lie. */
export function usageOf(
  items: Record<string, unknown>[],
  { kind, pk }: Counter,
): { usedBytes: number; fileCount: number } {
  const suffix = kind === 'session' ? `#${appId}` : '';
  const own = items.filter((item) => item.pk === pk || (kind === 'app' && String(item.pk).startsWith(`${pk}#SLICE#`)));
  const sum = (name: string) => own.reduce((total, item) => total + Number(item[`${name}${suffix}`] ?? 0), 0);
  return { usedBytes: sum('usedBytes'), fileCount: sum('fileCount') };
}

/** A file takes room from its app always, from its session while it has one, from its owner's staging area while staged. */
export function counts(file: ExtensionFile, { kind, pk }: Counter): boolean {
  if (file.state === 'deleting') return false;
  switch (kind) {
    case 'app':
      return pk === `APP#${file.appId}`;
    case 'session':
      return pk === `SESSION#${file.sessionId}`;
    case 'staged':
      return file.staged && pk === `STAGED#${file.appId}#${file.userId}`;
  }
}

/** Where the bytes of a stored file lie, and how many: three quarters in its own object, the rest in its only copy. */
export function bytesOf({ key, sizeBytes }: ExtensionFile): Map<string, number> {
  const copy = Math.floor(sizeBytes / 4);
  return new Map([
    [key, sizeBytes - copy],
    [key.replace('.webp', '-thumb.webp'), copy],
  ]);
}

/** The lock or template a file lives and dies with; the template where a file names both. */
export function holderOf(file: ExtensionFile): { type: 'lock' | 'template'; id: string } | undefined {
  if (file.templateId !== undefined) return { type: 'template', id: file.templateId };
  if (file.lockId !== undefined) return { type: 'lock', id: file.lockId };
  return undefined;
}

/** By the clock, whatever TTL has done. */
export function isExpired({ expiresAt }: ExtensionFile, now: Date): boolean {
  return typeof expiresAt === 'number' && now.getTime() >= expiresAt;
}

/** Nobody finished the upload, or nobody saved the file, and the time for it has passed. */
export function isOver(file: ExtensionFile, now: Date): boolean {
  const due = typeof file.dueAt === 'number' && now.getTime() >= file.dueAt;
  return due && (file.state === 'pending' || (file.state === 'ready' && isExpired(file, now)));
}

/** What its owner may delete or complete: a file that is there, or a direct upload somebody may still finish. */
export function isOpen(file: ExtensionFile, now: Date): boolean {
  if (isExpired(file, now)) return false;
  return file.state === 'ready' || (file.state === 'pending' && file.incoming !== undefined);
}
