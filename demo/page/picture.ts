/** A picture of the gallery: its thumbhash until it has loaded, a fresh link when its link is over. */
import { thumbHashToDataURL } from 'thumbhash';
import type { StoredFile } from '../../client/src/types.ts';
import { make } from './dom.ts';
import { links } from './extension-bridge.ts';

/** The picture without a caption. */
export function shownPicture(file: StoredFile): HTMLElement {
  const image = make('img', { className: 'loading', alt: file.originalName, decoding: 'async' });
  const shown = make('div', { className: 'shown' }, image);
  if (file.thumbhash) shown.style.backgroundImage = `url(${placeholder(file.thumbhash)})`;
  let refreshed = false;
  image.onload = () => image.classList.remove('loading');
  image.onerror = async () => {
    if (refreshed) return;
    refreshed = true;
    image.src = await links.refresh(file.id).catch(() => '');
  };
  links.url(file).then(
    (url) => {
      image.src = url;
    },
    () => undefined,
  );
  return shown;
}

function placeholder(thumbhash: string): string {
  return thumbHashToDataURL(Uint8Array.from(atob(thumbhash), (char) => char.charCodeAt(0)));
}
