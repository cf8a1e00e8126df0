/** What one run works with: its names, whose prefix tells whatever it leaves should it be killed, and what it has made. */
import { randomBytes } from 'node:crypto';
import type { Proofs } from './proofs.ts';
import { type Ask, Skip, type Stage } from './stage.ts';

/** What every name of a run begins with. */
export const namePrefix = 'verify-';

export const newPrefix = (): string => `${namePrefix}${randomBytes(5).toString('hex')}`;

/** Whether it may be cleaned up: no name of a platform's own begins so by chance. */
export const isPrefix = (text: string): boolean => /^verify-[0-9a-f]{10}$/.test(text);

/** All names of a run, so that another process can clean up behind it. */
export const namesOf = (prefix: string) => ({
  app: prefix,
  /** An app whose limit is next to nothing. */
  smallApp: `${prefix}-small`,
  /** An app that nobody enables: it never gets settings. */
  offApp: `${prefix}-off`,
  user: `${prefix}-user`,
  other: `${prefix}-other`,
  session: `${prefix}-session`,
  lock: `${prefix}-lock`,
  template: `${prefix}-template`,
  org: `${prefix}-org`,
  workout: `${prefix}-workout`,
  draft: `${prefix}-draft`,
});

export type Names = ReturnType<typeof namesOf>;

/** The throw-away app's limits: large enough for every picture here, small enough to be reached by a declaration. */
export const limits = { file: 200_000, session: 100_000, staged: 90_000, small: 1000 } as const;

export interface Made {
  keyId?: string;
  key?: string;
  /** A staged file. */
  staged?: { id: string; signedUrl: string; sizeBytes: number };
  claimId?: string;
  /** Files of the session. */
  session: { id: string; signedUrl: string }[];
  /** Files of the uploads API. */
  uploads: string[];
  privateUpload?: string;
  privateLink?: string;
  member?: boolean;
  /** Uploads that are media of the workout, or may be. */
  media: string[];
  /** Anything was asked of the apps, so that they are to be closed. */
  apps: string[];
}

export interface World {
  stage: Stage;
  proofs: Proofs;
  prefix: string;
  names: Names;
  made: Made;
  options: { origin?: string; rows: boolean };
  /** The user who uploads: of this run, or the one whose token was given. */
  userId: string;
  asUser(): Promise<Ask>;
  asOther(): Promise<Ask>;
  asAdmin(): Promise<Ask>;
  asPlatform(): Promise<Ask>;
  /** The session's page, which may read. */
  asPage(): Promise<Ask>;
  /** The extension's backend: developer key and session token. */
  asBackend(): Promise<Ask>;
}

export function worldOf(stage: Stage, proofs: Proofs, prefix: string, options: World['options']): World {
  const names = namesOf(prefix);
  const userId = proofs.givenUser ?? names.user;
  const made: Made = { session: [], uploads: [], media: [], apps: [] };
  const session = () => proofs.session({ sub: userId, appId: names.app, sessionId: names.session, lockId: names.lock });
  return {
    stage,
    proofs,
    prefix,
    names,
    made,
    options,
    userId,
    asUser: async () => ({ token: await proofs.user(userId) }),
    asOther: async () => {
      if (!proofs.can('sign')) throw new Skip('a second user takes --issuer-key');
      return { token: await proofs.user(names.other) };
    },
    asAdmin: async () => ({ token: await proofs.admin() }),
    asPlatform: async () => ({ token: await proofs.platform() }),
    asPage: async () => ({ token: await session() }),
    asBackend: async () => ({ token: made.key ?? '', main: await session() }),
  };
}

export const paths = (names: Names) => ({
  setup: `/api/extensions/apps/${names.app}/files`,
  files: `/api/extensions/sessions/${names.session}/files`,
  state: `/api/extensions/sessions/${names.session}/state`,
  admin: `/admin/extensions/apps/${names.app}`,
});
