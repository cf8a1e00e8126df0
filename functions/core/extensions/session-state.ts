import { AppError } from '#core/files/errors.ts';

/** Small JSON of a session, for an extension's references and UI data (docs/contract.md, "Session state"). */
export interface SessionState {
  state: unknown;
  /** ISO 8601; null when nothing was ever written. */
  updatedAt: string | null;
}

export interface StateStore {
  /** Undefined when nothing was written for this app and session. */
  get(session: { appId: string; sessionId: string }): Promise<SessionState | undefined>;
  /** Replaces the state. False when the session or its app is deleted. */
  put(session: { appId: string; sessionId: string }, state: unknown, now: Date): Promise<boolean>;
}

/** Deeper than any state a person made; recursion over it cannot end the process. */
const maxDepth = 100;

const refusals: { what: string; is: (text: string) => boolean }[] = [
  // With a type or an encoding, as every one that holds a file has: "Data: 12 of 20" is text, and so is a long puzzle.
  { what: 'a data: URL', is: (text) => /\bdata:(?:[\w.+-]+\/[\w.+*-]+(?:;[^,;\s]{1,100}){0,9}|;base64),/i.test(text) },
  {
    what: 'a blob: URL, which only lives in the page that made it',
    is: (text) => /\bblob:(?:https?:|null\/|[a-z-]+:\/\/)/i.test(text),
  },
  {
    what: 'a signed URL, which expires',
    is: (text) => /[?&](?:X-Amz-(?:Signature|Credential)|X-Goog-Signature)=/i.test(text),
  },
];

/**
 * Refuses what does not belong into state and says what to store instead. Throws `validation_failed`, with
 * `details.maxBytes` when the state is too large.
 */
export function checkState(state: unknown, maxBytes: number): void {
  if (state === undefined) {
    throw new AppError('validation_failed', 'Send the state as JSON; null empties it.', {
      details: { issues: [{ path: 'body', message: 'missing' }] },
    });
  }
  check(state, ['state'], 0);
  const bytes = Buffer.byteLength(JSON.stringify(state));
  if (bytes > maxBytes) {
    throw new AppError('validation_failed', `State may be at most ${maxBytes} bytes of JSON; this is ${bytes}.`, {
      details: { maxBytes, issues: [{ field: '', message: `${bytes} bytes` }] },
    });
  }
}

function check(value: unknown, path: string[], depth: number): void {
  if (depth > maxDepth) throw refuse(path, `nested deeper than ${maxDepth} levels`);
  if (typeof value === 'string') {
    const refusal = refusals.find(({ is }) => is(value));
    if (refusal !== undefined) throw refuse(path, refusal.what);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, entry] of Object.entries(value)) {
      check(name, [...path, name.slice(0, 50)], depth + 1);
      check(entry, [...path, name.slice(0, 50)], depth + 1);
    }
  }
}

function refuse(path: string[], what: string): AppError {
  return new AppError(
    'validation_failed',
    `State holds ${what} at ${path.join('.')}. Upload the file, store its id, and ask for a fresh link when you show it.`,
    { details: { issues: [{ path: path.join('.'), message: what }] } },
  );
}

/** Writes a session's state. Throws what `checkState` throws, `not_found` when the session is deleted. */
export async function writeState(
  deps: { states: StateStore; now: Date },
  session: { appId: string; sessionId: string },
  state: unknown,
  maxBytes: number,
): Promise<SessionState> {
  checkState(state, maxBytes);
  if (!(await deps.states.put(session, state, deps.now))) {
    throw new AppError('not_found', 'The session is deleted, so nothing can be written to it.');
  }
  return { state, updatedAt: deps.now.toISOString() };
}
