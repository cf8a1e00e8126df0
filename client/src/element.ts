/**
 * `<stowage-upload>`: a drop zone, a button, and a list of uploads with progress, cancel and retry. Importing this defines
 * it, once; where there are no custom elements, as on a server, it does nothing.
 */
import { UploadAttributes } from './element-attributes.ts';
import { createRow, part, type Row, setText } from './element-row.ts';
import { style } from './element-style.ts';
import { englishTexts, statusOf, type UploadTexts } from './element-texts.ts';
import { StowageError } from './errors.ts';
import type { UploadAnswer } from './types.ts';
import { createUploadQueue, type UploadBy, type UploadItem, type UploadState } from './upload-queue.ts';

export type { UploadTexts } from './element-texts.ts';
export * from './errors.ts';
export type * from './types.ts';
export type { UploadBy, UploadItem, UploadState } from './upload-queue.ts';

/** `detail` is the file of the list: its `result` holds what was stored, or its `error` why not. */
export type StowageUploadEvent<A = UploadAnswer> = CustomEvent<UploadItem<A>>;

/** Properties that a page may have set before the element was defined. */
const properties = ['uploader', 'texts', 'multiple', 'disabled', 'accept', 'maxSize', 'purpose', 'draftId'] as const;

/**
 * The element. Attributes: `multiple`, `accept`, `disabled`, `max-size` (bytes), `purpose`, `draft-id`. Events, which bubble
 * out of shadow trees: `stowage-uploaded`, `stowage-error`. Parts: `dropzone`, `choose`, `hint`, `limits`, `list`, `item`,
 * `item-<state>`, `name`, `status`, `progress`, `cancel`, `retry`, `remove`. Taken out of the page it cancels what runs.
 */
export class StowageUpload extends UploadAttributes {
  static readonly observedAttributes = ['multiple', 'accept', 'disabled', 'max-size'];
  #uploader: UploadBy<unknown> = unset;
  #texts = englishTexts;
  readonly #rows = new Map<string, Row>();
  /** What each file was when it was last told of. */
  #told = new Map<string, UploadState>();
  readonly #input = part('input', 'input');
  readonly #choose = part('button', 'choose');
  readonly #hint = part('span', 'hint');
  readonly #limits = part('span', 'limits');
  readonly #dropzone = part('div', 'dropzone', this.#choose, this.#hint, this.#limits, this.#input);
  readonly #list = part('ul', 'list');
  readonly #announcer = part('div', 'announcer');
  readonly #queue = createUploadQueue<unknown>(() => ({
    uploader: this.#uploader,
    purpose: this.purpose,
    draftId: this.draftId,
    maxBytes: this.maxSize,
    accept: this.accept,
    onUploaded: (item) => this.#tell('stowage-uploaded', item),
    onFailed: (item) => this.#tell('stowage-error', item),
  }));

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    root.adoptedStyleSheets = [sheet];
    this.#input.type = 'file';
    this.#input.hidden = true;
    this.#choose.type = 'button';
    this.#hint.id = 'hint';
    this.#limits.id = 'limits';
    this.#choose.setAttribute('aria-describedby', 'hint limits');
    this.#announcer.setAttribute('role', 'status');
    this.#announcer.setAttribute('aria-live', 'polite');
    root.append(this.#dropzone, this.#list, this.#announcer);
    this.#choose.addEventListener('click', () => this.#input.click());
    this.#input.addEventListener('change', () => {
      this.add([...(this.#input.files ?? [])]);
      // Else the same file chosen again would be no change.
      this.#input.value = '';
    });
    for (const type of ['dragenter', 'dragover', 'dragleave', 'drop'] as const)
      this.#dropzone.addEventListener(type, (event) => this.#drag(event));
    this.#queue.subscribe(() => this.#render());
  }

  /** A `createUploader`, or anything with an `upload` like its own. Nothing can be chosen until there is one. */
  get uploader(): UploadBy<unknown> {
    return this.#uploader;
  }
  set uploader(uploader: UploadBy<unknown> | undefined | null) {
    this.#uploader = uploader ?? unset;
    this.#frame();
  }

  /** What the element says; those that are not given are English. */
  get texts(): UploadTexts {
    return this.#texts;
  }
  set texts(texts: Partial<UploadTexts> | undefined) {
    this.#texts = { ...englishTexts, ...texts };
    this.#frame();
    this.#render();
  }

  /** The list, oldest first. */
  get files(): readonly UploadItem<unknown>[] {
    return this.#queue.items();
  }

  /** Uploads files that came another way, by pasting for instance. Without `multiple`, the first takes the place of what was there. */
  add(files: readonly Blob[]): void {
    const [first] = files;
    if (this.disabled || !first) return;
    if (!this.multiple) for (const { id } of this.files) this.#queue.remove(id);
    this.#queue.add(this.multiple ? files : [first]);
    if (!this.multiple && files.length > 1) this.#announce(this.#texts.onlyOne(this.files[0]?.name ?? ''));
  }

  connectedCallback(): void {
    for (const name of properties) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name as never];
      Object.assign(this, { [name]: value });
    }
    this.#frame();
    this.#render();
  }

  disconnectedCallback(): void {
    // Moved within the page it is connected again by then.
    queueMicrotask(() => {
      if (!this.isConnected) this.#queue.cancelAll();
    });
  }

  attributeChangedCallback(): void {
    this.#frame();
  }

  #drag(event: DragEvent): void {
    const isFiles = event.dataTransfer?.types.includes('Files') && !this.#input.disabled;
    this.#dropzone.classList.toggle('over', Boolean(isFiles) && /enter|over/.test(event.type));
    if (!isFiles) return;
    event.preventDefault();
    if (event.type === 'drop') this.add(filesOf(event.dataTransfer));
  }

  /** All but the list. */
  #frame(): void {
    const { multiple, accept, maxSize } = this;
    // A page that is slow to say who uploads must not have files fail meanwhile.
    const disabled = this.disabled || this.#uploader === unset;
    Object.assign(this.#input, { multiple, accept, disabled });
    this.#choose.disabled = disabled;
    setText(this.#choose, multiple ? this.#texts.chooseFiles : this.#texts.chooseFile);
    setText(this.#hint, multiple ? this.#texts.dropFiles : this.#texts.dropFile);
    setText(this.#limits, maxSize === undefined ? '' : this.#texts.atMost(maxSize));
    this.#limits.hidden = maxSize === undefined;
    this.#list.setAttribute('aria-label', this.#texts.list);
  }

  #render(): void {
    const { files } = this;
    const focused = this.shadowRoot?.activeElement?.closest('li');
    for (const [id, { element }] of this.#rows) {
      if (files.some((item) => item.id === id)) continue;
      element.remove();
      this.#rows.delete(id);
    }
    const news: string[] = [];
    for (const item of files) {
      const row = this.#rows.get(item.id) ?? createRow(item.id, this.#queue);
      if (!this.#rows.has(item.id)) this.#list.append(row.element);
      this.#rows.set(item.id, row);
      row.update(item, this.#texts);
      const isNews = this.#told.get(item.id) !== item.state && item.state !== 'queued' && item.state !== 'uploading';
      if (isNews) news.push(this.#texts.announce(item.name, statusOf(item, this.#texts)));
    }
    this.#told = new Map(files.map(({ id, state }) => [id, state]));
    this.#list.hidden = files.length === 0;
    if (news.length > 0) this.#announce(news.join('\n'));
    if (focused) this.#keepFocus(focused);
  }

  /** The same text twice would be no change, and not be read out: a space that is not seen makes it one. */
  #announce(text: string): void {
    setText(this.#announcer, this.#announcer.textContent === text ? `${text}\u00a0` : text);
  }

  /** The button that was pressed may be gone with what it did: the next of its file takes over, or of the list. */
  #keepFocus(from: HTMLLIElement): void {
    const now = this.shadowRoot?.activeElement;
    if (now instanceof HTMLElement && !now.hidden) return;
    const rows = [...this.#rows.values()];
    const row = rows.find(({ element }) => element === from) ?? rows.at(-1);
    if (!row?.focus()) this.#choose.focus();
  }

  #tell(type: string, detail: UploadItem<unknown>): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

const unset: UploadBy<unknown> = {
  async upload() {
    throw new StowageError('unknown_action', 'This page cannot upload yet: give <stowage-upload> an uploader.');
  },
};

/** Files of a drop; a folder is listed among them and cannot be read. */
function filesOf(transfer: DataTransfer | null): File[] {
  const items = [...(transfer?.items ?? [])].filter(({ kind }) => kind === 'file');
  return items
    .filter((item) => item.webkitGetAsEntry()?.isDirectory !== true)
    .map((item) => item.getAsFile())
    .filter((file) => file !== null);
}

if (globalThis.customElements && !customElements.get('stowage-upload')) {
  customElements.define('stowage-upload', StowageUpload);
}

declare global {
  interface HTMLElementTagNameMap {
    'stowage-upload': StowageUpload;
  }
  interface HTMLElementEventMap {
    'stowage-uploaded': StowageUploadEvent;
    'stowage-error': StowageUploadEvent;
  }
}
