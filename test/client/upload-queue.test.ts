import { describe, expect, test } from 'vitest';
import { StowageError } from '../../client/src/errors.ts';
import { isAccepted, sizeText } from '../../client/src/pick-rules.ts';
import type { UploadAnswer } from '../../client/src/types.ts';
import { createUploadQueue, type UploadQueueOptions } from '../../client/src/upload-queue.ts';
import type { UploadOptions } from '../../client/src/uploader.ts';

interface Sent {
  file: Blob;
  options: UploadOptions;
  done(): Promise<void>;
  fail(error: unknown): Promise<void>;
}

const answer = (id: string) => ({ file: { id } }) as UploadAnswer;
const settled = () => new Promise<void>((resolve) => setTimeout(resolve));
const photo = (name = 'photo.jpg', text = 'bytes') => new File([text], name, { type: 'image/jpeg' });

/** A list over an uploader whose uploads end when the test says so. */
function open(options: Partial<UploadQueueOptions> = {}) {
  const sent: Sent[] = [];
  const upload = (file: Blob, given: UploadOptions = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<UploadAnswer>();
    const done = async () => {
      resolve(answer(`stored-${sent.length}`));
      await settled();
    };
    const fail = async (error: unknown) => {
      reject(error);
      await settled();
    };
    sent.push({ file, options: given, done, fail });
    return promise;
  };
  const queue = createUploadQueue(() => ({ uploader: { upload }, ...options }));
  const states = () => queue.items().map(({ name, state }) => `${name} ${state}`);
  const idAt = (index: number) => queue.items()[index]?.id ?? '';
  return { queue, sent, states, idAt };
}

describe('a list of uploads', () => {
  test('sends as many at a time as it may, in the order they came', async () => {
    const { queue, sent, states } = open();
    queue.add([photo('one.jpg'), photo('two.jpg'), photo('three.jpg')]);
    expect(states()).toEqual(['one.jpg uploading', 'two.jpg uploading', 'three.jpg queued']);
    await sent[1]?.done();
    expect(states()).toEqual(['one.jpg uploading', 'two.jpg uploaded', 'three.jpg uploading']);
  });

  test('says how far a file is, and only of a stored one that it is all there', async () => {
    const { queue, sent } = open();
    queue.add([photo()]);
    sent[0]?.options.onProgress?.({ sentBytes: 1, totalBytes: 4 });
    expect(queue.items()[0]?.progress).toBe(0.25);
    sent[0]?.options.onProgress?.({ sentBytes: 4, totalBytes: 4 });
    expect(queue.items()[0]?.progress).toBeLessThan(1);
    await sent[0]?.done();
    expect(queue.items()[0]).toMatchObject({ progress: 1, result: { file: { id: 'stored-1' } }, canRetry: false });
  });

  test('gives the same array until something changes', () => {
    const { queue } = open();
    queue.add([photo()]);
    const before = queue.items();
    expect(queue.items()).toBe(before);
    queue.cancel('nobody');
    queue.retry('nobody');
    expect(queue.items()).toBe(before);
  });

  test('tries a failed file again under the same File, so that its key is the same', async () => {
    const failures: string[] = [];
    const { queue, sent, states, idAt } = open({ onFailed: ({ error }) => failures.push(error?.code ?? '') });
    queue.add([photo()]);
    await sent[0]?.fail(new StowageError('network_error', 'Gone.'));
    expect(queue.items()[0]).toMatchObject({ state: 'failed', error: { code: 'network_error' }, canRetry: true });
    queue.retry(idAt(0));
    expect(queue.items()[0]).toMatchObject({ state: 'uploading', progress: 0, error: undefined });
    expect(sent[1]?.file).toBe(sent[0]?.file);
    await sent[1]?.done();
    expect(states()).toEqual(['photo.jpg uploaded']);
    expect(failures).toEqual(['network_error']);
  });

  test('waits with a further try until what was cancelled is undone', async () => {
    const { queue, sent, states, idAt } = open();
    queue.add([photo()]);
    queue.cancel(idAt(0));
    expect(sent[0]?.options.signal?.aborted).toBe(true);
    queue.retry(idAt(0));
    expect(states()).toEqual(['photo.jpg queued']);
    expect(sent).toHaveLength(1);
    await sent[0]?.fail(new StowageError('aborted', 'Aborted.'));
    expect(states()).toEqual(['photo.jpg uploading']);
    expect(sent).toHaveLength(2);
  });

  test('never sends what was cancelled while it waited', async () => {
    const { queue, sent, states, idAt } = open({ concurrency: 1 });
    queue.add([photo('one.jpg'), photo('two.jpg')]);
    queue.cancel(idAt(1));
    await sent[0]?.done();
    expect(states()).toEqual(['one.jpg uploaded', 'two.jpg cancelled']);
    expect(sent).toHaveLength(1);
  });

  test('does not send what is cancelled in answer to the start of the one before it', () => {
    const { queue, sent, states } = open();
    queue.subscribe(() => {
      const [first, second] = queue.items();
      if (first?.state === 'uploading' && second?.state === 'queued') queue.cancel(second.id);
    });
    queue.add([photo('one.jpg'), photo('two.jpg')]);
    expect(states()).toEqual(['one.jpg uploading', 'two.jpg cancelled']);
    expect(sent).toHaveLength(1);
  });

  test('tells what is stored, where a cancellation came too late for an uploader that does not undo', async () => {
    const stored: string[] = [];
    const { queue, sent, states, idAt } = open({ onUploaded: ({ name }) => stored.push(name) });
    queue.add([photo()]);
    queue.cancel(idAt(0));
    await sent[0]?.done();
    expect(states()).toEqual(['photo.jpg uploaded']);
    expect(stored).toEqual(['photo.jpg']);
  });

  test('ends what runs and forgets it when it is removed', async () => {
    const { queue, sent, idAt } = open({ concurrency: 1 });
    queue.add([photo('one.jpg'), photo('two.jpg')]);
    queue.remove(idAt(0));
    expect(sent[0]?.options.signal?.aborted).toBe(true);
    await sent[0]?.fail(new StowageError('aborted', 'Aborted.'));
    expect(queue.items()).toMatchObject([{ name: 'two.jpg', state: 'uploading' }]);
  });

  test('sends nothing of a file that is too large or of a wrong kind, and says why', () => {
    const { queue, sent } = open({ maxBytes: 1500, accept: 'image/*,.pdf' });
    queue.add([photo('big.jpg', 'x'.repeat(1501)), new File(['text'], 'notes.txt', { type: 'text/plain' })]);
    const [big, notes] = queue.items();
    expect(big).toMatchObject({ state: 'failed', canRetry: false, error: { details: { maxBytes: 1500 } } });
    expect(big?.error?.message).toBe('The file has 1.5 kB, and at most 1.5 kB are taken. Choose a smaller one.');
    expect(notes).toMatchObject({ error: { code: 'invalid_file_type', details: { detected: 'text/plain' } } });
    expect(sent).toEqual([]);
  });

  test('offers no further try of what no further try makes better', async () => {
    const { queue, sent } = open();
    queue.add([photo('empty.jpg'), photo('busy.jpg')]);
    await sent[0]?.fail(new StowageError('validation_failed', 'The file is empty.', { status: 400 }));
    await sent[1]?.fail(new StowageError('temporarily_unavailable', 'Try again shortly.', { status: 503 }));
    expect(queue.items().map(({ canRetry }) => canRetry)).toEqual([false, true]);
  });

  test('shows an error that is none of ours as one', async () => {
    const { queue, sent } = open();
    queue.add([photo()]);
    await sent[0]?.fail(new TypeError('x is not a function'));
    expect(queue.items()[0]?.error).toMatchObject({
      code: 'internal_error',
      message: 'The upload failed unexpectedly. Try again.',
    });
  });
});

test.each([
  ['image/*', true],
  ['IMAGE/JPEG', true],
  ['.png, .JPG', true],
  ['', true],
  ['*/*', true],
  ['image/png', false],
  ['.jpeg', false],
  ['video/*', false],
])('accept="%s" takes a photo.jpg of image/jpeg: %s', (accept, expected) => {
  expect(isAccepted({ name: 'photo.jpg', type: 'image/jpeg' }, accept)).toBe(expected);
});

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1000, '1 kB'],
  [10_485_760, '10 MB'],
  [999_600, '1 MB'],
  [1_234_567_890, '1.2 GB'],
])('%i bytes are told as %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});
