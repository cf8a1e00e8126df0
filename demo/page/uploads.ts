/** The list of uploads under way: a bar each, a button to abort, and what went wrong. */
import { isStowageError } from '../../client/src/errors.ts';
import type { StagedQuota, StoredFile } from '../../client/src/types.ts';
import { byId, make, reason, size } from './dom.ts';
import { bridge } from './extension-bridge.ts';

/** Milliseconds without progress after which an upload is given up. */
const patienceMs = 60_000;

export interface UploadEvents {
  stored(file: StoredFile, quota: StagedQuota): void;
  say(text: string): void;
}

/** Uploads a file with a row of its own; never rejects. */
export async function uploadShown(file: File, events: UploadEvents): Promise<void> {
  const name = file.name || 'pasted picture';
  const abort = new AbortController();
  const bar = make('progress', { max: 1, value: 0, 'aria-label': `Upload of ${name}` });
  const state = make('span', { className: 'quiet' }, size(file.size));
  const stop = make('button', { className: 'small', type: 'button', 'aria-label': `Stop uploading ${name}` }, 'Stop');
  const row = make('li', {}, make('span', { className: 'name' }, `${name} `, state), stop, bar);
  stop.onclick = () => abort.abort();
  byId('uploads').append(row);

  try {
    const payload = { file, filename: name, purpose: 'puzzle-image' };
    const { file: stored, stagedQuota } = await bridge.request('files.upload', payload, patienceMs, {
      signal: abort.signal,
      onProgress({ sentBytes, totalBytes }) {
        bar.value = sentBytes / totalBytes;
        const left = sentBytes < totalBytes;
        state.textContent = left ? `${size(sentBytes)} of ${size(totalBytes)}` : 'Checking the picture';
      },
    });
    row.remove();
    events.stored(stored, stagedQuota);
    events.say(`${name} is uploaded`);
  } catch (error) {
    if (isStowageError(error, 'aborted')) {
      row.remove();
      events.say(`${name} was stopped`);
      return;
    }
    stop.textContent = 'Dismiss';
    stop.setAttribute('aria-label', `Dismiss ${name}`);
    stop.onclick = () => row.remove();
    bar.remove();
    state.textContent = size(file.size);
    row.append(make('p', { className: 'failed', role: 'alert' }, reason(error)));
  }
}
