/** The extension's page in a running session: it shows the pictures and keeps their links alive. */
import type { StoredFile } from '../../client/src/types.ts';
import { byId, catchDrops, countdown, make, onPick, reason, say, size } from './dom.ts';
import { bridge, reportHeight } from './extension-bridge.ts';
import { shownPicture } from './picture.ts';

const context = await bridge.ready.catch((error: unknown) => {
  say(byId('trouble'), reason(error), true);
  throw error;
});
if (context.mode !== 'runtime') throw new Error('This page is for a running session');
const { sessionId } = context;

/** The file the session's state names as its cover. */
let cover: unknown;

/** When each file's link ends, epoch milliseconds. */
const ends = new Map<string, number>();

reportHeight();
listen();
await show();
setInterval(count, 1000);

async function show(): Promise<void> {
  try {
    const [{ items }, { state }] = await Promise.all([
      bridge.request('files.list', {}),
      bridge.request('state.get', {}),
    ]);
    cover = (state as { coverFileId?: unknown } | null)?.coverFileId;
    byId('gallery').replaceChildren(...items.map(card));
    byId('count').textContent = items.length === 1 ? '1 picture' : `${items.length} pictures`;
    count();
  } catch (error) {
    say(byId('trouble'), reason(error), true);
  }
}

function card(file: StoredFile): HTMLElement {
  const { id, originalName } = file;
  ends.set(id, Date.parse(file.urlExpiresAt));
  const refresh = make(
    'button',
    { type: 'button', className: 'small', 'aria-label': `Fresh link for ${originalName}` },
    'Refresh',
  );
  const remove = make(
    'button',
    { type: 'button', className: 'small danger', 'aria-label': `Delete ${originalName}` },
    'Delete',
  );
  const shown = shownPicture(file);
  const choose = make(
    'button',
    { type: 'button', className: 'cover', 'aria-label': `Cover: ${originalName}`, 'aria-pressed': id === cover },
    'Cover',
  );
  shown.append(choose);
  choose.onclick = () =>
    void backend('PUT', 'state', JSON.stringify({ coverFileId: id })).then(async (kept) => {
      if (kept) await show();
    });
  const item = make(
    'li',
    { className: 'picture', 'data-id': id },
    shown,
    make('span', { className: 'name', title: originalName }, originalName),
    make('span', { className: 'quiet' }, size(file.sizeBytes)),
    make('span', { className: 'quiet', 'data-ends': '' }),
    make('div', { className: 'row' }, refresh, remove),
  );
  refresh.onclick = async () => {
    const fresh = await renew(id);
    if (fresh) byId('said').textContent = `${originalName} has a link until ${clockOf(fresh.urlExpiresAt)}`;
  };
  remove.onclick = () =>
    void backend('DELETE', `files/${id}`).then(async (deleted) => {
      if (deleted) await show();
    });
  return item;
}

/** Counts the links down, and fetches a new one for each that is nearly over. */
function count(): void {
  for (const item of byId('gallery').querySelectorAll<HTMLElement>('[data-id]')) {
    const id = item.dataset.id ?? '';
    const left = (ends.get(id) ?? 0) - Date.now();
    const place = item.querySelector('[data-ends]');
    if (place) place.textContent = left > 0 ? `link ends in ${countdown(left)}` : 'link is over';
    if (left < 5000) void renew(id);
  }
}

const clockOf = (time: string) => new Date(time).toLocaleTimeString();

const renewing = new Set<string>();

async function renew(id: string): Promise<StoredFile | undefined> {
  if (renewing.has(id)) return undefined;
  renewing.add(id);
  try {
    const { file } = await bridge.request('files.get', { fileId: id });
    ends.set(id, Date.parse(file.urlExpiresAt));
    const image = byId('gallery').querySelector<HTMLImageElement>(`[data-id="${id}"] img`);
    if (image) image.src = file.signedUrl;
    count();
    say(byId('trouble'), undefined);
    return file;
  } catch (error) {
    say(byId('trouble'), reason(error), true);
    return undefined;
  } finally {
    // Not again within the second, whatever the clock says.
    setTimeout(() => renewing.delete(id), 1000);
  }
}

/** The extension's own server, which holds the developer key. Undefined when it refused, with the reason shown. */
async function backend(method: string, path: string, body?: FormData | string): Promise<unknown> {
  try {
    const headers = { 'x-session': sessionId };
    const answer = await fetch(`/backend/${path}`, { method, headers, ...(body && { body }) });
    const value = (await answer.json()) as { message?: string };
    if (!answer.ok) throw new Error(value.message ?? `The backend answered ${answer.status}`);
    say(byId('trouble'), undefined);
    return value;
  } catch (error) {
    say(byId('trouble'), reason(error), true);
    return undefined;
  }
}

function listen(): void {
  catchDrops(() => {
    byId('said').textContent = 'A running session takes pictures through its backend: use the button.';
  });
  onPick(byId<HTMLInputElement>('pick'), async ([file]) => {
    if (!file) return;
    byId('said').textContent = `Sending ${file.name} to the backend`;
    const form = new FormData();
    form.set('file', file);
    const stored = await backend('POST', 'files', form);
    byId('said').textContent = stored ? `${file.name} is in the session` : '';
    if (stored) await show();
  });
  byId('try-bridge').onclick = async () => {
    const payload = { file: new Blob(['x'], { type: 'image/png' }), filename: 'x.png' };
    const refusal = await bridge.request('files.upload', payload).catch((error: unknown) => reason(error));
    byId('said').textContent =
      typeof refusal === 'string' ? `Refused, as it should be: ${refusal}` : 'It was let through';
  };
}
