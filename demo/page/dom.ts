/** The little of the DOM that the demo's pages share. */

type Child = Node | string | undefined;

/** Makes an element; `props` are its properties, `aria-*` and `data-*` its attributes. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.includes('-')) element.setAttribute(name, `${value}`);
    else Object.assign(element, { [name]: value });
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** The element of the page that has this id. Throws when the page and its script have grown apart. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}`);
  return element as T;
}

/** Shows a message, or hides its place when there is none. */
export function say(place: HTMLElement, text: string | undefined, isBad = false): void {
  place.hidden = text === undefined;
  place.textContent = text ?? '';
  place.classList.toggle('bad', isBad);
}

/** A size for people, in the units that limits and refusals are told in: `3.2 MiB`. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1023.5) return `${Math.round(bytes / 1024)} KiB`;
  return `${Number((bytes / 1_048_576).toFixed(1))} MiB`;
}

/** Hands on what is chosen in a field for files, and what was chosen before: nobody says so a second time. */
export function onPick(pick: HTMLInputElement, take: (files: File[]) => void): void {
  pick.onchange = () => {
    const files = [...(pick.files ?? [])];
    pick.value = '';
    take(files);
  };
  pick.dispatchEvent(new Event('change'));
}

/**
 * Keeps a file that misses the place it was meant for from being opened instead of the page. `missed` hears of one;
 * without it nothing on this page takes any.
 */
export function catchDrops(missed: () => void): void {
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    if (event.dataTransfer?.files.length) missed();
  });
}

/** A duration for people, of its largest unit: `23 h`. */
export function duration(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 90) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}

/** A duration that is watched running down: `7:39`. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, '0')}`;
}

/** What went wrong, in words for a person. */
export function reason(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`;
}
