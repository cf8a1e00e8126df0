/** Who is signed in: a token in this tab's session storage, and nowhere else. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { type Api, createApi } from './api.ts';

const key = 'stowage.admin.token';

const said = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? '';

/** What the build wrote into the page. */
export const settings = {
  baseUrl: said('stowage-api') || location.origin,
  /** The one-machine cloud gives tokens to whoever asks. */
  isDemo: said('stowage-demo') === 'true',
};

export interface Session {
  /** The calls of whoever is signed in; undefined where nobody is. */
  api: Api | undefined;
  /** Why the sign-in is shown again. */
  reason: string | undefined;
  signIn(token: string): void;
  signOut(reason?: string): void;
}

const SessionContext = createContext<Session | undefined>(undefined);

/** Keeps the token over reloads of this tab. `onOut` forgets what the page knows by it. */
export function SessionProvider({ children, onOut }: { children: ReactNode; onOut: () => void }) {
  const [token, setToken] = useState(() => sessionStorage.getItem(key) ?? undefined);
  const [reason, setReason] = useState<string>();
  useEffect(() => {
    if (token === undefined) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, token);
  }, [token]);
  const session = useMemo<Session>(
    () => ({
      api: token === undefined ? undefined : createApi(settings.baseUrl, token),
      reason,
      signIn(next) {
        setReason(undefined);
        setToken(next);
      },
      signOut(why) {
        setReason(why);
        setToken(undefined);
        onOut();
      },
    }),
    [token, reason, onOut],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** The session, whether somebody is signed in or not. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('A view is rendered outside its SessionProvider.');
  return session;
}

/** The calls; views are only rendered for whoever is signed in. */
export function useApi(): Api {
  const { api } = useSession();
  if (api === undefined) throw new Error('A view is rendered before the sign-in.');
  return api;
}
