import { createApi } from './api.ts';
import { noteDate } from './clock.ts';
import { errorOfAnswer, isStowageError, StowageError } from './errors.ts';
import { withRetry } from './retry.ts';
import {
  emit,
  forgetKey,
  isKeyOver,
  keyOf,
  metaText,
  type StowageUppyOptions,
  type UppyLike,
  uppyError,
} from './uppy-core.ts';

const fields = ['purpose', 'draftId'] as const;

/** Options of `@uppy/xhr-upload`, as far as the preset sets them. `B` is Uppy's type of an answer. */
export interface StowageXhrOptions<B> {
  endpoint: (file: unknown) => Promise<string>;
  method: 'POST';
  formData: true;
  fieldName: 'file';
  bundle: false;
  allowedMetaFields: string[];
  onBeforeRequest: (xhr: XMLHttpRequest, retryCount: number, files: { id: string }[]) => void;
  onAfterResponse: (xhr: XMLHttpRequest) => void;
  shouldRetry: (xhr: XMLHttpRequest) => boolean;
  getResponseData: (xhr: XMLHttpRequest) => B;
}

/**
 * Options that make `@uppy/xhr-upload` upload by form. Every try of a file carries the same Idempotency-Key; `upload-error` gets the API's own text and `code`; what was refused for good is not sent again.
 * `purpose` and `draftId` are taken from the file's meta. A form carries 4 MiB: restrict files to that, or use
 * `stowageAwsS3`. What is cancelled when all of it has left may be stored all the same: Uppy hears of no answer that would
 * say what to delete.
 */
export function stowageXhrUpload<A, B extends A = A>(
  uppy: UppyLike,
  options: StowageUppyOptions<A>,
): StowageXhrOptions<B> {
  const { target, onStored, retry = {} } = options;
  const api = createApi(options);
  const proofs = new Map<string, Record<string, string>>();

  // Uppy writes a listed field that a file has not as the text "undefined": each lists what it has.
  uppy.addPreProcessor(async (ids) => {
    for (const id of ids) {
      const file = uppy.getFile(id);
      if (file)
        uppy.setFileState(id, { xhrUpload: { allowedMetaFields: fields.filter((name) => metaText(file, name)) } });
    }
  });
  uppy.on('upload-success', (file: { id: string }, response: { body: B }) => {
    proofs.delete(file.id);
    forgetKey(uppy, file.id);
    const stored = uppy.getFile(file.id);
    if (stored) onStored?.(stored, response.body);
  });
  uppy.on('upload-error', (file: { id: string } | undefined, error: Error) => {
    if (file && isKeyOver(error)) forgetKey(uppy, file.id);
  });
  uppy.on('file-removed', (file: { id: string }) => void proofs.delete(file.id));

  return {
    // Uppy hears of a failure here only, and not of one in `onBeforeRequest`.
    async endpoint(given) {
      const { id } = given as { id: string };
      try {
        proofs.set(id, await withRetry(api.headers, retry));
      } catch (error) {
        emit(uppy, 'upload-error', uppy.getFile(id), uppyError(error));
        throw uppyError(error);
      }
      return api.url(target.form);
    },
    method: 'POST',
    formData: true,
    fieldName: 'file',
    bundle: false,
    allowedMetaFields: [],
    onBeforeRequest(xhr, _, [file]) {
      const { id = '' } = file ?? {};
      const headers = { ...proofs.get(id), 'idempotency-key': keyOf(uppy, id) };
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    },
    onAfterResponse(xhr) {
      noteDate(xhr.getResponseHeader('date'));
      if (xhr.status >= 200 && xhr.status <= 299) return;
      throw uppyError(refusalOf(xhr));
    },
    shouldRetry: (xhr) =>
      [0, 429].includes(xhr.status) || xhr.status >= 500 || xhr.getResponseHeader('retry-after') !== null,
    getResponseData: (xhr) => target.open(JSON.parse(xhr.responseText)) as B,
  };
}

function refusalOf(xhr: XMLHttpRequest): StowageError {
  const retryAfter = xhr.getResponseHeader('retry-after');
  const error = errorOfAnswer({ status: xhr.status, text: xhr.responseText, retryAfter });
  // The gateway's own, which is no sentence: what it carries is less than what storage takes.
  if (!isStowageError(error, 'unexpected_answer') || error.status !== 413) return error;
  const text = 'The file is too large for a form. Choose one of at most 4 MB.';
  return new StowageError('file_too_large', text, { status: 413, details: { maxBytes: 4 * 1024 * 1024 } });
}
