import { describe, expect } from 'vitest';
import { createStateStore } from '#adapters/dynamo/state-store.ts';
import { checkState, type StateStore, writeState } from '#core/extensions/session-state.ts';
import { AppError } from '#core/files/errors.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest;

function refusal(state: unknown, maxBytes = 65_536): AppError | undefined {
  try {
    checkState(state, maxBytes);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

describe('state', () => {
  it.each([
    [
      "the contract's example",
      { puzzleImageFileId: 'file_record_id', selectedImageIds: ['a'], lastOpenedTab: 'images' },
    ],
    ['text that speaks of data: and blobs', { note: 'metadata: none; a blob of paint; see https://example.com/?a=b' }],
    ['a hash and a token', { hash: 'a'.repeat(128), token: 'Z'.repeat(255) }],
    ['long prose', { text: 'word '.repeat(2000) }],
    ['text that begins with the word', { text: 'Data: 12 of 20 puzzles, Blob: 3' }],
    ['a puzzle of 400 moves, and a mask of zeros and ones', { moves: 'RLUD'.repeat(100), mask: '01'.repeat(150) }],
    ['a URL that speaks of signatures', { u: 'https://docs.example/X-Amz-Signature' }],
    ['nothing much', null],
  ])('takes %s', (_, state) => {
    expect(refusal(state)).toBeUndefined();
  });

  it.each([
    ['a data: URL', { images: [{ src: 'data:image/png;base64,iVBORw0KGgo=' }] }, 'state.images.0.src'],
    ['a data: URL in capitals with a space before', { a: ' DATA:text/html,<b>' }, 'state.a'],
    ['a data: URL inside CSS', { css: 'url(data:image/png;base64,AAAA)' }, 'state.css'],
    ['a blob: URL', { a: { b: 'blob:https://example.com/1' } }, 'state.a.b'],
    ['a signed URL', ['https://r2.example/k?X-Amz-Algorithm=A&X-Amz-Signature=ab'], 'state.0'],
    ['a data: URL without a type', { a: 'data:;base64,AAAA' }, 'state.a'],
    ['a data: URL with parameters', { a: 'data:text/plain;charset=utf-8;base64,AAAA' }, 'state.a'],
    ['a blob: URL of a page without an origin', { a: 'blob:null/1b671a64' }, 'state.a'],
    ['a payload hidden in a name', { 'data:image/png;base64,AAAA': 1 }, 'state.data:image/png;base64,AAAA'],
  ])('refuses %s and says where and what to store instead', (_, state, path) => {
    const error = refusal(state);
    expect(error).toMatchObject({ code: 'validation_failed', details: { issues: [{ path }] } });
    expect(error?.message).toMatch(/store its id/);
  });

  it('counts bytes, not characters, and takes exactly as many as allowed', () => {
    const state = { text: 'ä'.repeat(10) };
    const bytes = Buffer.byteLength(JSON.stringify(state));
    expect(refusal(state, bytes)).toBeUndefined();
    expect(refusal(state, bytes - 1)).toMatchObject({ details: { maxBytes: bytes - 1 } });
  });

  it('refuses bottomless nesting without falling into it', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`);
    expect(refusal(deep)).toMatchObject({ code: 'validation_failed' });
  });
});

describe('a stored state', () => {
  let states: StateStore;
  const session = { appId: 'app', sessionId: 'session' };

  it.beforeAll(async () => {
    states = createStateStore(world.table);
  });

  it('is read back to the letter, and only by its own app', async () => {
    const state = { numbers: [0.1, 1e21], empty: '', list: [], nothing: null, 'odd name ': true };
    const written = await writeState({ states, now: new Date() }, session, state, 65_536);
    expect(await states.get(session)).toEqual(written);
    expect(await states.get({ ...session, appId: 'another' })).toBeUndefined();
  });

  it('goes with its session, and nothing can be written after that', async () => {
    await world.lifecycle.closeScope({ kind: 'session', sessionId: 'session' }, new Date());
    expect(await states.get(session)).toBeUndefined();
    const write = writeState({ states, now: new Date() }, session, {}, 65_536);
    await expect(write).rejects.toMatchObject({ code: 'not_found' });
  });
});
