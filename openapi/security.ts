import type { Auth } from '../functions/routes.ts';

const bearer = (description: string) => ({ type: 'http', scheme: 'bearer', description });

/** How callers prove who they are (docs/contract.md, "Who calls"). */
export const securitySchemes = {
  userToken: { ...bearer("A user's token (JWT, `token_use: user`)."), bearerFormat: 'JWT' },
  sessionToken: { ...bearer("A session's token (JWT, `token_use: session`); reads only."), bearerFormat: 'JWT' },
  developerKey: bearer("An extension's developer key, `sk_<appId>_...`; with `mainToken`, from a backend only."),
  mainToken: {
    type: 'apiKey',
    in: 'header',
    name: 'x-chastify-main-token',
    description: 'The session token that the extension backend acts for.',
  },
  platformToken: { ...bearer('A service token with the scope `platform`.'), bearerFormat: 'JWT' },
  adminToken: { ...bearer('A service token with the scope `admin`.'), bearerFormat: 'JWT' },
};

type Scheme = keyof typeof securitySchemes;

const backend: Partial<Record<Scheme, string[]>> = { developerKey: [], mainToken: [] };

const byAuth: Record<Auth, Partial<Record<Scheme, string[]>>[]> = {
  user: [{ userToken: [] }],
  'user.or.platform': [{ userToken: [] }, { platformToken: [] }],
  'session.read': [{ sessionToken: [] }, backend],
  'session.write': [backend],
  platform: [{ platformToken: [] }],
  admin: [{ adminToken: [] }],
  public: [],
};

/** The alternatives of one row's `auth`; each names what it needs together. */
export function securityOf(auth: Auth): Partial<Record<Scheme, string[]>>[] {
  return byAuth[auth];
}
