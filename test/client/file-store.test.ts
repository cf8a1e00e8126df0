import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { noteAhead } from '../../client/src/clock.ts';
import { StowageError } from '../../client/src/errors.ts';
import { createFileStore, type FileSource } from '../../client/src/file-store.ts';
import type { StoredFile } from '../../client/src/types.ts';

const lifeSeconds = 600;

beforeEach(() => {
  // What another suite of this process was told of a server's clock.
  noteAhead(0);
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A source whose links live ten minutes from when they are asked for. */
function open() {
  let ids = ['one', 'two'];
  let asked = 0;
  let trouble: StowageError | undefined;
  const file = (id: string) => {
    asked += 1;
    const urlExpiresAt = new Date(Date.now() + lifeSeconds * 1000).toISOString();
    return { id, signedUrl: `https://bucket.example/${id}?${asked}`, urlExpiresAt } as StoredFile;
  };
  const source = {
    list: vi.fn(async () => {
      if (trouble) throw trouble;
      return { items: ids.map(file) };
    }),
    get: vi.fn(async (id: string) => ({ file: file(id) })),
    delete: vi.fn(async (id: string) => {
      ids = ids.filter((one) => one !== id);
    }),
  } satisfies FileSource;
  const store = createFileStore(source);
  return {
    source,
    store,
    ids: () => store.shown().files.map(({ id }) => id),
    break: (error: StowageError | undefined) => {
      trouble = error;
    },
  };
}

const later = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

describe('a list of stored files', () => {
  test('gets fresh links before the ones that it shows are over', async () => {
    const { store, source } = open();
    const stop = store.start();
    await later(0);
    const before = store.shown().files[0]?.signedUrl;
    await later(lifeSeconds - 61);
    expect(source.list).toHaveBeenCalledTimes(1);
    await later(2);
    expect(source.list).toHaveBeenCalledTimes(2);
    expect(store.shown().files[0]?.signedUrl).not.toBe(before);
    await later(lifeSeconds);
    expect(source.list).toHaveBeenCalledTimes(3);
    stop();
  });

  test('asks for nothing once nobody looks at it, and shows nothing that comes late', async () => {
    const { store, source } = open();
    const changes = vi.fn();
    store.subscribe(changes);
    store.start()();
    await later(lifeSeconds * 3);
    expect(source.list).toHaveBeenCalledTimes(1);
    expect(changes).not.toHaveBeenCalled();
    store.start();
    await later(0);
    expect(store.shown()).toMatchObject({ state: 'ready', files: [{ id: 'one' }, { id: 'two' }] });
  });

  test('leaves a hidden page alone, and gets links at once when it is looked at again', async () => {
    let seen: () => void = () => undefined;
    const page = {
      visibilityState: 'visible',
      addEventListener: (_: string, listener: () => void) => {
        seen = listener;
      },
      removeEventListener: () => undefined,
    };
    vi.stubGlobal('document', page);
    const { store, source } = open();
    store.start();
    await later(0);
    page.visibilityState = 'hidden';
    seen();
    await later(lifeSeconds * 5);
    expect(source.list).toHaveBeenCalledTimes(1);
    page.visibilityState = 'visible';
    seen();
    await later(0);
    expect(source.list).toHaveBeenCalledTimes(2);
  });

  test('keeps what it shows when the source cannot be reached, and tries again', async () => {
    const { store, source, ids, break: breakIt } = open();
    store.start();
    await later(0);
    breakIt(new StowageError('network_error', 'Gone.'));
    await store.reload();
    expect(store.shown()).toMatchObject({ state: 'ready', error: { code: 'network_error' } });
    expect(ids()).toEqual(['one', 'two']);
    breakIt(undefined);
    const tries = source.list.mock.calls.length;
    await later(16);
    expect(source.list.mock.calls.length).toBe(tries + 1);
    expect(store.shown().error).toBeUndefined();
  });

  test('says that it failed where there never was a list, and does not insist on what is refused', async () => {
    const { store, source, break: breakIt } = open();
    breakIt(new StowageError('unauthorized', 'Who are you?', { status: 401 }));
    store.start();
    await later(0);
    expect(store.shown()).toMatchObject({ state: 'failed', files: [], error: { code: 'unauthorized' } });
    // A token that is refused now is refused in a minute.
    await later(lifeSeconds);
    expect(source.list).toHaveBeenCalledTimes(1);
    breakIt(undefined);
    await store.reload();
    expect(store.shown()).toMatchObject({ state: 'ready', error: undefined });
  });

  test('never brings back what was removed while a list was on its way', async () => {
    const { store, source, ids } = open();
    store.start();
    await later(0);
    const old = await source.list();
    const { promise, resolve } = Promise.withResolvers<typeof old>();
    source.list.mockImplementationOnce(() => promise);
    const reloading = store.reload();
    await store.remove('one');
    resolve(old);
    await reloading;
    expect(ids()).toEqual(['two']);
  });

  test('keeps a file whose removal is refused', async () => {
    const { store, source, ids } = open();
    store.start();
    await later(0);
    source.delete.mockRejectedValueOnce(new StowageError('network_error', 'Gone.'));
    await expect(store.remove('one')).rejects.toMatchObject({ code: 'network_error' });
    expect(ids()).toEqual(['one', 'two']);
  });

  test('shows the newer list where two were asked for, whichever comes first', async () => {
    const { store, source, ids } = open();
    const { promise, resolve } = Promise.withResolvers<{ items: StoredFile[] }>();
    source.list.mockImplementationOnce(() => promise);
    const first = store.reload();
    await store.reload();
    resolve({ items: [] });
    await first;
    expect(ids()).toEqual(['one', 'two']);
  });

  test('gets one link when one image failed to load', async () => {
    const { store, source } = open();
    store.start();
    await later(0);
    const [before, other] = store.shown().files;
    await store.refresh('one');
    expect(store.shown().files[0]?.signedUrl).not.toBe(before?.signedUrl);
    expect(store.shown().files[1]).toBe(other);
    expect(source.list).toHaveBeenCalledTimes(1);
  });
});
