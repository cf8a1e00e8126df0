import { type AppSettings, defaultSettings } from '#core/extensions/settings.ts';
import type { Holder } from '#core/files/record.ts';
import type { LifecycleEvent } from '#core/lifecycle/events.ts';

/** A world so small that commands meet: one app, two users, two sessions, three locks, two templates, two drafts. */
export const appId = 'app';
export const users = ['ann', 'bob'] as const;
export const sessions = { s1: 'l1', s2: 'l2' } as const;
export const locks = ['l1', 'l2', 'l3'] as const;
export const templates = ['t1', 't2'] as const;
export const drafts = ['d1', 'd2'] as const;

export type User = (typeof users)[number];
export type SessionId = keyof typeof sessions;

/** What every image is stored with: a copy smaller than it, and one that is the image itself. */
export const presets = { thumb: 50, whole: 100 } as const;

/** Tight enough that a handful of files fills each of the counters; `rules.ts` names the same limits. */
export const settings: AppSettings = {
  ...defaultSettings,
  enabled: true,
  maxBytesPerApp: 1500,
  maxBytesPerSession: 400,
  maxStagedBytesPerUserPerApp: 700,
  stagedTtlSeconds: 7200,
  imagePresets: presets,
};

export type Target = Holder & { sessionId?: string | undefined };

/** What may be asked of the world. Numbers named `pick` choose among what is there when the command begins. */
export type Command =
  | { kind: 'stage'; user: User; draftId: string | undefined; size: number }
  | { kind: 'upload'; sessionId: SessionId; user: User; size: number }
  | { kind: 'presign'; sessionId: SessionId | undefined; user: User; size: number }
  | { kind: 'put'; pick: number; storedSize: number }
  | { kind: 'complete'; pick: number }
  | { kind: 'claim'; user: User; target: Target; draftId: string | undefined; picks: number[]; replace: boolean }
  | { kind: 'claimAgain'; pick: number }
  | { kind: 'rollBack'; pick: number }
  | { kind: 'delete'; pick: number }
  | { kind: 'event'; event: EventBody; direct: boolean }
  | { kind: 'work'; pick: number; keep: boolean }
  | { kind: 'expire' }
  | { kind: 'schedule' };

type Bodied<E> = E extends LifecycleEvent ? Omit<E, 'eventId'> : never;
export type EventBody = Bodied<LifecycleEvent>;
