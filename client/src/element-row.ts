import { statusOf, type UploadTexts } from './element-texts.ts';
import type { UploadItem } from './upload-queue.ts';

export interface RowActions {
  cancel(id: string): void;
  retry(id: string): void;
  remove(id: string): void;
}

/** A file of the list. Its elements stay, so that whoever is on one of its buttons is not thrown off at every change. */
export interface Row {
  readonly element: HTMLLIElement;
  update(item: UploadItem<unknown>, texts: UploadTexts): void;
  /** Puts the focus on the first button that can be pressed; false when there is none. */
  focus(): boolean;
}

const actions = ['cancel', 'retry', 'remove'] as const;

/** An element with parts of its own to style, and children. */
export function part<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, ...children: Node[]) {
  const element = document.createElement(tag);
  element.className = name;
  element.setAttribute('part', name);
  element.append(...children);
  return element;
}

export function createRow(id: string, run: RowActions): Row {
  const name = part('span', 'name');
  name.id = `name-${id}`;
  const status = part('span', 'status');
  const progress = part('progress', 'progress');
  progress.setAttribute('aria-labelledby', name.id);
  const buttons = actions.map((action) => {
    const button = part('button', action);
    button.type = 'button';
    button.id = `${action}-${id}`;
    // Read out as "Cancel photo.jpg", and still beginning with what is seen.
    button.setAttribute('aria-labelledby', `${button.id} ${name.id}`);
    button.addEventListener('click', () => run[action](id));
    return button;
  });
  const [cancel, retry, remove] = buttons;
  const element = part('li', 'item', name, status, part('div', 'buttons', ...buttons), progress);

  return {
    element,
    update(item, texts) {
      const isActive = item.state === 'queued' || item.state === 'uploading';
      element.className = item.state;
      element.setAttribute('part', `item item-${item.state}`);
      for (const [index, action] of actions.entries()) setText(buttons[index], texts[action]);
      setText(name, item.name);
      setText(status, statusOf(item, texts));
      progress.value = item.progress;
      progress.hidden = !isActive;
      if (cancel) cancel.hidden = !isActive;
      if (retry) retry.hidden = !item.canRetry;
      if (remove) remove.hidden = isActive;
    },
    focus() {
      const button = buttons.find(({ hidden }) => !hidden);
      button?.focus();
      return button !== undefined;
    },
  };
}

/** Only where it differs: a text that is set anew is selected and read out anew. */
export function setText(element: HTMLElement | undefined, text: string): void {
  if (element && element.textContent !== text) element.textContent = text;
}
