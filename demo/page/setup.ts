/** The extension's setup page: pictures come by picking, dropping and pasting, and stay staged until the lock is saved. */
import type { StagedQuota, StoredFile } from '../../client/src/types.ts';
import { byId, duration, make, onPick, reason, say, size } from './dom.ts';
import { bridge, type PuzzleConfig, reportHeight } from './extension-bridge.ts';
import { shownPicture } from './picture.ts';
import { uploadShown } from './uploads.ts';

const context = await bridge.ready.catch((error: unknown) => {
  say(byId('trouble'), reason(error), true);
  throw error;
});
if (context.mode !== 'setup') throw new Error('This page is for setup');
const { storageDraftId } = context;

/** In the order they are shown, newest first; with whether the puzzle uses them. */
const pictures = new Map<string, { file: StoredFile; isUsed: boolean }>();

/** What this browser's user took out of the puzzle and has not saved yet, so that a reload leaves it out. */
const left = new Set<string>(JSON.parse(localStorage.getItem(`left-${storageDraftId}`) ?? '[]'));

reportHeight();
listen();
await ask();
await restore();

/** Storage may be off: then nothing new is taken, and what was saved is shown all the same. */
async function ask(): Promise<void> {
  const capabilities = await bridge.request('files.capabilities', {}).catch(() => undefined);
  if (capabilities === undefined || capabilities.enabled) return;
  byId('drop').classList.add('off');
  byId<HTMLInputElement>('pick').disabled = true;
  say(byId('off'), 'New pictures are off here: an administrator has not turned storage on. Saved ones stay.');
}

/** What was saved before, and what is staged since: also after a reload, or on another device. */
async function restore(): Promise<void> {
  try {
    const saved = context.config as PuzzleConfig | undefined;
    const [{ items, stagedQuota }, kept] = await Promise.all([
      bridge.request('files.staged.list', { purpose: 'puzzle-image' }),
      Promise.all((saved?.images ?? []).map(({ fileId }) => stillThere(fileId))),
    ]);
    for (const file of [...items, ...kept]) if (file) pictures.set(file.id, { file, isUsed: !left.has(file.id) });
    showQuota(stagedQuota);
    show();
  } catch (error) {
    say(byId('trouble'), reason(error), true);
  }
}

/** A saved picture may have gone with its lock. */
async function stillThere(fileId: string): Promise<StoredFile | undefined> {
  return bridge.request('files.get', { fileId }).then(
    ({ file }) => file,
    () => undefined,
  );
}

function show(): void {
  const all = [...pictures.values()];
  byId('gallery').replaceChildren(...all.map(({ file, isUsed }) => card(file, isUsed)));
  const used = all.filter(({ isUsed }) => isUsed);
  byId('count').textContent = all.length === 0 ? '' : `${used.length} of ${all.length} in the puzzle`;
  const images = used.map(({ file: { id, originalName } }) => ({
    id,
    provider: 'chastify_storage' as const,
    fileId: id,
    url: `extension-file:${id}`,
    title: originalName,
  }));
  bridge.request('config.set', { config: { storageDraftId, images } }).catch((error: unknown) => {
    say(byId('trouble'), reason(error), true);
  });
}

function card(file: StoredFile, isUsed: boolean): HTMLElement {
  const { id, originalName } = file;
  const use = make('input', { type: 'checkbox', checked: isUsed });
  use.onchange = () => {
    pictures.set(id, { file, isUsed: use.checked });
    if (use.checked) left.delete(id);
    else left.add(id);
    localStorage.setItem(`left-${storageDraftId}`, JSON.stringify([...left]));
    show();
    byId('gallery').querySelector<HTMLElement>(`[data-id="${id}"] input`)?.focus();
  };
  const remove = make(
    'button',
    { type: 'button', className: 'small danger', 'aria-label': `Delete ${originalName}` },
    'Delete',
  );
  remove.onclick = () => void removePicture(file, remove);
  const until = file.expiresAt && `${duration(Date.parse(file.expiresAt) - Date.now())} left`;
  return make(
    'li',
    { className: 'picture', 'data-id': id },
    shownPicture(file),
    make('span', { className: 'name', title: originalName }, originalName),
    make('span', { className: 'quiet' }, `${size(file.sizeBytes)}, ${until ?? 'saved'}`),
    make('div', { className: 'row' }, make('label', {}, use, 'Use'), file.staged && remove),
  );
}

async function removePicture({ id, originalName }: StoredFile, button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  try {
    await bridge.request('files.delete', { fileId: id });
    pictures.delete(id);
    show();
    tell(`${originalName} is deleted`);
    showQuota((await bridge.request('files.staged.list', {})).stagedQuota);
    byId('pick').focus();
  } catch (error) {
    button.disabled = false;
    say(byId('trouble'), reason(error), true);
  }
}

function showQuota({ bytesUsed, maxBytes }: StagedQuota): void {
  const meter = byId<HTMLProgressElement>('quota');
  meter.max = Math.max(1, maxBytes);
  meter.value = bytesUsed;
  byId('quota-text').textContent = `${size(bytesUsed)} of ${size(maxBytes)}`;
}

function upload(files: Iterable<File>): void {
  if (byId<HTMLInputElement>('pick').disabled) return;
  say(byId('trouble'), undefined);
  for (const file of files) {
    void uploadShown(file, {
      say: tell,
      stored(stored, quota) {
        const before = [...pictures];
        pictures.clear();
        for (const [id, picture] of [[stored.id, { file: stored, isUsed: true }] as const, ...before]) {
          pictures.set(id, picture);
        }
        showQuota(quota);
        show();
      },
    });
  }
}

function listen(): void {
  const drop = byId('drop');
  onPick(byId<HTMLInputElement>('pick'), upload);
  document.ondragover = (event) => {
    event.preventDefault();
    drop.classList.add('over');
  };
  document.ondragleave = () => drop.classList.remove('over');
  document.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    upload(event.dataTransfer?.files ?? []);
  };
  document.onpaste = (event) => upload(event.clipboardData?.files ?? []);
}

/** For those who do not see the gallery change. */
function tell(text: string): void {
  byId('said').textContent = text;
}
