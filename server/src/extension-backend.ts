/** What an extension's own backend does for the session of its iframe (docs/contract.md, "Session files"). */
import { type Caller, type CallOptions, type ClientOptions, createCaller, secretOf, type Token } from './caller.ts';
import { jsonOf, StowageError } from './errors.ts';
import { declared, formOf, type NamedFile, stored } from './files.ts';
import { imageType } from './image-type.ts';
import { everyItem } from './lists.ts';
import type { AnswerOf, JsonOf, Operation, Schemas } from './operations.ts';

export interface ExtensionBackendOptions extends ClientOptions {
  /** `sk_<appId>_…`, as the administrator was told it. Never for a browser. */
  developerKey: Token;
}

const files = '/api/extensions/sessions/{sessionId}/files';
const state = '/api/extensions/sessions/{sessionId}/state';

export type Capabilities = AnswerOf<Operation<'get', `${typeof files}/capabilities`>>;
export type SessionState = AnswerOf<Operation<'get', typeof state>>;
export type FileDeclaration = JsonOf<Operation<'post', `${typeof files}/presign`>>;

export type ExtensionBackend = ReturnType<typeof createExtensionBackend>;
export type ExtensionSession = ReturnType<ExtensionBackend['session']>;

/** An extension's backend. Every call rejects with a `StowageError`. */
export function createExtensionBackend({ developerKey, ...client }: ExtensionBackendOptions) {
  return {
    /**
     * The session whose token the iframe was given. Which session it is stands in the token, and whether it holds is for
     * Stowage to say. Throws `unauthorized` for a text that is no session's token.
     */
    session(sessionToken: string) {
      const path = { sessionId: sessionIdOf(sessionToken) };
      const caller = createCaller(client, async () => ({
        authorization: `Bearer ${await secretOf(developerKey)}`,
        'x-chastify-main-token': await secretOf(sessionToken),
      }));
      const { call } = caller;
      return {
        sessionId: path.sessionId,
        /** What may be stored; to be asked before an upload is offered. */
        capabilities: (options?: CallOptions): Promise<Capabilities> =>
          call('get', `${files}/capabilities`, { path }, options),
        files: filesOf(caller, path),
        state: {
          /** `{}` and null until something was written. */
          get: (options?: CallOptions): Promise<SessionState> => call('get', state, { path }, options),
          /** Replaces it: small JSON with ids of files, no links. */
          put: (value: unknown, options?: CallOptions): Promise<SessionState> =>
            call('put', state, { path, json: { state: value } }, options),
        },
      };
    },
  };
}

function filesOf(caller: Caller, path: { sessionId: string }) {
  const { call } = caller;
  const presign = (json: FileDeclaration, options?: CallOptions): Promise<Schemas['PresignedUpload']> =>
    call('post', `${files}/presign`, { path, json }, options);
  const complete = async (uploadId: string, options?: CallOptions): Promise<Schemas['StoredFile']> =>
    (await call('post', `${files}/complete`, { path, json: { uploadId } }, options)).file;
  return {
    /** Stores a picture: by form up to 4 MB, and otherwise directly. */
    async upload(
      { purpose, ...file }: NamedFile & { purpose?: string },
      options?: CallOptions,
    ): Promise<Schemas['StoredFile']> {
      const known = declared(file);
      const { blob, ...facts } = known;
      const inRequest = async () =>
        (await call('post', files, { path, form: formOf(known, { purpose }) }, options)).file;
      const ways = {
        inRequest,
        presign: async () => {
          const mimeType = await imageType(blob, facts.mimeType);
          return await presign({ ...facts, mimeType, ...(purpose !== undefined && { purpose }) }, options);
        },
        complete,
      };
      return await stored(caller, known, ways, options);
    },
    /** Where a browser is to PUT the bytes by itself; tell `complete` when it has. */
    presign,
    complete,
    /** Newest first. */
    list: (options?: CallOptions): AsyncGenerator<Schemas['StoredFile'], void> =>
      everyItem((cursor) => call('get', files, { path, query: { cursor } }, options)),
    /** With a fresh link. */
    get: async (fileId: string, options?: CallOptions): Promise<Schemas['StoredFile']> =>
      (await call('get', `${files}/{fileId}`, { path: { ...path, fileId } }, options)).file,
    /** Frees the quota at once; also gives up a direct upload. */
    delete: async (fileId: string, options?: CallOptions): Promise<void> => {
      await call('delete', `${files}/{fileId}`, { path: { ...path, fileId } }, options);
    },
  };
}

/** Reads the claim and checks nothing: the token goes along with every call. */
function sessionIdOf(token: string): string {
  const [, payload = ''] = String(token).split('.');
  const claims = jsonOf(decoded(payload)) as { sessionId?: unknown } | null | undefined;
  if (typeof claims?.sessionId === 'string' && claims.sessionId !== '') return claims.sessionId;
  throw new StowageError('unauthorized', 'Send the session token that the iframe was given.', { status: 401 });
}

function decoded(base64url: string): string {
  try {
    const bytes = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
    return new TextDecoder().decode(Uint8Array.from(bytes, (character) => character.charCodeAt(0)));
  } catch {
    return '';
  }
}
