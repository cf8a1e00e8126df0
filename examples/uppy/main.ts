/** Uppy with a list of our own in place of its dashboard. `?by=form`, `?by=direct` or, unless told, our uploader. */
import {
  addStowageUploader,
  type StoredFile,
  stowageAwsS3,
  stowageXhrUpload,
  type UploadAnswer,
} from '@stowage/client/uppy';
import AwsS3 from '@uppy/aws-s3';
import Uppy, { type Body, type Meta, type UppyFile } from '@uppy/core';
import XHRUpload from '@uppy/xhr-upload';
import { auth, baseUrl, maxBytes, target, uploader } from '../session.ts';

type Answer = UploadAnswer & Body;

const restrictions = { allowedFileTypes: ['image/*'], maxFileSize: maxBytes };
const uppy = new Uppy<Meta, Answer>({ restrictions, meta: { purpose: 'example' }, autoProceed: true });
const stowage = { baseUrl, target, auth, onStored: (_: unknown, { file }: UploadAnswer) => show(file) };

const by = new URLSearchParams(location.search).get('by');
if (by === 'form') uppy.use(XHRUpload<Meta, Answer>, stowageXhrUpload(uppy, stowage));
else if (by === 'direct') uppy.use(AwsS3<Meta, Answer>, stowageAwsS3(uppy, stowage));
else addStowageUploader(uppy, { uploader, onStored: stowage.onStored });

const find = <E extends Element>(selector: string) => document.querySelector(selector) as E;

const input = find<HTMLInputElement>('input');
input.addEventListener('change', () => {
  for (const file of input.files ?? []) {
    try {
      uppy.addFile({ name: file.name, type: file.type, data: file });
    } catch {
      // Told by `restriction-failed`.
    }
  }
  input.value = '';
});
input.disabled = false;
uppy.on('restriction-failed', (file, error) => tell(`${file?.name}: ${error.message}`));
uppy.on('upload-error', (file, error) => tell(`${file?.name}: ${error.message}`));
uppy.on('state-update', render);

const rows = new Map<string, ReturnType<typeof createRow>>();

/** Rows stay while their file does: a button that is replaced while somebody presses it is not pressed. */
function render(): void {
  const files = uppy.getFiles();
  for (const [id, { li }] of rows) {
    if (files.some((file) => file.id === id)) continue;
    li.remove();
    rows.delete(id);
  }
  for (const file of files) {
    const row = rows.get(file.id) ?? createRow(file);
    rows.set(file.id, row);
    row.update(file);
  }
}

function createRow({ id, name = '' }: UppyFile<Meta, Answer>) {
  const li = document.createElement('li');
  const status = text('');
  const retry = button(`Try again ${name}`, () => void uppy.retryUpload(id));
  const cancel = button(`Cancel ${name}`, () => uppy.removeFile(id));
  li.append(text(name), status, retry, cancel);
  find('#files').append(li);
  return {
    li,
    update({ error, progress }: UppyFile<Meta, Answer>) {
      const isOver = Boolean(progress.complete);
      status.textContent = isOver ? 'Uploaded' : (error ?? `${progress.percentage ?? 0} %`);
      retry.hidden = !error;
      cancel.hidden = isOver;
    },
  };
}

function show({ signedUrl, originalName }: StoredFile): void {
  const li = document.createElement('li');
  li.append(Object.assign(new Image(), { src: signedUrl, alt: originalName }));
  find('#stored').append(li);
}

function tell(message: string): void {
  find('[role=status]').textContent = message;
}

function text(content: string): HTMLSpanElement {
  return Object.assign(document.createElement('span'), { textContent: content });
}

function button(label: string, run: () => void): HTMLButtonElement {
  const made = Object.assign(document.createElement('button'), { type: 'button', textContent: label });
  made.addEventListener('click', run);
  return made;
}
