/** Who is calling, once proven (docs/contract.md, "Who calls"). */
export interface UserCaller {
  userId: string;
}

/** An extension backend (with a developer key) or a first-party page (session token alone, reading only). */
export interface SessionCaller {
  userId: string;
  appId: string;
  sessionId: string;
  lockId: string;
}

/** The platform's backend or an administrator. */
export interface ServiceCaller {
  subject: string | undefined;
}
