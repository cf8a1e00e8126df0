/** There are no elements on a server, where the module may be imported all the same. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/** The attributes of `<stowage-upload>` as properties: a framework sets these, a page of HTML those. */
export class UploadAttributes extends Base {
  get multiple(): boolean {
    return this.hasAttribute('multiple');
  }
  set multiple(on: boolean) {
    this.toggleAttribute('multiple', Boolean(on));
  }
  get disabled(): boolean {
    return this.hasAttribute('disabled');
  }
  set disabled(on: boolean) {
    this.toggleAttribute('disabled', Boolean(on));
  }
  get accept(): string {
    return this.getAttribute('accept') ?? '';
  }
  set accept(accept: string) {
    this.setAttribute('accept', accept);
  }
  /** Bytes that a file may have; undefined for what the server takes. */
  get maxSize(): number | undefined {
    return Number(this.getAttribute('max-size')) || undefined;
  }
  set maxSize(bytes: number | undefined) {
    reflect(this, 'max-size', bytes);
  }
  get purpose(): string | undefined {
    return this.getAttribute('purpose') ?? undefined;
  }
  set purpose(purpose: string | undefined) {
    reflect(this, 'purpose', purpose);
  }
  get draftId(): string | undefined {
    return this.getAttribute('draft-id') ?? undefined;
  }
  set draftId(draftId: string | undefined) {
    reflect(this, 'draft-id', draftId);
  }
}

function reflect(element: HTMLElement, name: string, value: string | number | undefined): void {
  if (value === undefined || value === null) element.removeAttribute(name);
  else element.setAttribute(name, `${value}`);
}
