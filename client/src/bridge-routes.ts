/** Which API call each action of the bridge is, by mode. Payloads come from the iframe: nothing in them is trusted. */
import type { Stage } from './bridge-host.ts';
import type { BridgeActions, RuntimeContext, SetupContext } from './bridge-messages.ts';
import { noteDate } from './clock.ts';
import { blobOfDataUrl } from './data-url.ts';
import { errorOfAnswer, parseJson, StowageError } from './errors.ts';
import { segment } from './segment.ts';
import type { Progress } from './types.ts';

/** What an action runs with. */
export interface Call {
  baseUrl: string;
  token: () => string | Promise<string>;
  signal: AbortSignal;
  progress: (progress: Progress) => void;
}

/** Milliseconds between signs of life of an upload: well below the time that an iframe waits for one. */
const heartbeatMs = 3000;

type Fields = Record<string, unknown>;
type Actions = Record<keyof BridgeActions, (payload: object, call: Call) => Promise<unknown>>;

/** Reads of a running session. What changes it is the extension backend's to do, and the refusal says so. */
export function runtimeActions({ sessionId }: RuntimeContext): Actions {
  const session = `/api/extensions/sessions/${segment(sessionId)}`;
  const backendOnly = async (what: string): Promise<never> => {
    const text = `${what} changes the session, so it is your backend's to do, with your developer key and x-chastify-main-token.`;
    throw new StowageError('not_available_at_runtime', text);
  };
  return {
    'files.capabilities': (_, call) => callApi(call, 'GET', `${session}/files/capabilities`),
    'files.list': (payload, call) => callApi(call, 'GET', `${session}/files${query(payload, 'limit', 'cursor')}`),
    'files.get': (payload, call) => callApi(call, 'GET', `${session}/files/${fileId(payload)}`),
    'state.get': (_, call) => callApi(call, 'GET', `${session}/state`),
    'files.upload': () => backendOnly('files.upload'),
    'files.delete': () => backendOnly('files.delete'),
    'files.staged.list': async () => {
      throw new StowageError('not_available_at_runtime', 'Staged files belong to setup: use files.list here.');
    },
  };
}

/** Staged files of a setup screen, before there is a session. */
export function setupActions({ appId, storageDraftId }: SetupContext, stage: Stage): Actions {
  const files = `/api/extensions/apps/${segment(appId)}/files`;
  const staged: Actions['files.list'] = (payload, call) =>
    callApi(call, 'GET', `${files}/staged${query(payload, 'limit', 'cursor', 'purpose', 'draftId')}`);
  return {
    'files.capabilities': (_, call) => callApi(call, 'GET', `${files}/capabilities`),
    'files.list': staged,
    'files.staged.list': staged,
    'files.get': (payload, call) => callApi(call, 'GET', `${files}/${fileId(payload)}`),
    async 'files.upload'(payload, { signal, progress }) {
      const { file, dataUrl, filename, purpose }: Fields = { ...payload };
      const blob = typeof dataUrl === 'string' ? blobOfDataUrl(dataUrl) : file;
      if (!(blob instanceof Blob))
        throw new StowageError('invalid_payload', 'files.upload takes a File, a Blob or a dataUrl.');
      let last = { sentBytes: 0, totalBytes: blob.size };
      const onProgress = (sent: Progress) => {
        last = sent;
        progress(sent);
      };
      // An upload that waits for a broken line to come back moves no byte, and the iframe must not take it for dead.
      const beat = setInterval(() => progress(last), heartbeatMs);
      const name = typeof filename === 'string' && { filename };
      const kind = typeof purpose === 'string' && { purpose };
      try {
        return await stage(blob, { ...name, ...kind, draftId: storageDraftId, signal, onProgress });
      } finally {
        clearInterval(beat);
      }
    },
    async 'files.delete'(payload, call) {
      await callApi(call, 'DELETE', `${files}/staged/${fileId(payload)}`);
      return { deleted: true };
    },
    'state.get': async () => {
      throw new StowageError('not_available_in_setup', 'There is no session yet, and so no state.');
    },
  };
}

async function callApi({ baseUrl, token, signal }: Call, method: string, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${await token()}` };
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(baseUrl.replace(/\/+$/, '') + path, {
      method,
      headers,
      signal,
      credentials: 'omit',
      redirect: 'error',
    });
    noteDate(answer.headers.get('date'));
    text = await answer.text();
  } catch (cause) {
    if (signal.aborted) throw new StowageError('aborted', 'The request was aborted.', { cause });
    throw new StowageError('network_error', 'The server could not be reached. Check the connection.', { cause });
  }
  if (!answer.ok) throw errorOfAnswer({ status: answer.status, text, retryAfter: answer.headers.get('retry-after') });
  return parseJson(text);
}

function fileId(payload: Fields | object): string {
  const { fileId: value } = payload as Fields;
  if (typeof value !== 'string') throw new StowageError('invalid_payload', 'fileId must be a string.');
  return segment(value);
}

/** Only the named fields, and only as text or numbers. */
function query(payload: object, ...names: string[]): string {
  const given = names.flatMap((name) => {
    const value = (payload as Fields)[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, `${value}`]] : [];
  });
  return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
}
