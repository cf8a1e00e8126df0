import { beforeEach, describe, expect } from 'vitest';
import type { AppSettings } from '#core/extensions/settings.ts';
import { type ImageUpload, storeImage } from '#core/extensions/store-image.ts';
import { variantKey } from '#core/files/ids.ts';
import { type ExtensionFile, requestIsOverAfterMs } from '#core/files/record.ts';
import { objectsOf, ownBytes } from '#core/files/variants.ts';
import { caller, directUploads, settings as plain, setup } from '#test/support/direct.ts';
import { animatedGif, grainPng, jpegPhoto } from '#test/support/images.ts';
import { underLoad } from '#test/support/load.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { world, worldTest } from '#test/support/world-test.ts';

const it = worldTest.override('load', underLoad);

const minute = 60_000;
/** The photo is 320 pixels long: `large` is no copy of it. */
const settings: AppSettings = { ...plain, imagePresets: { thumb: 64, card: 160, large: 960 } };
const session = { kind: 'session', ...caller } as const;
let direct: ReturnType<typeof directUploads>;
let photo: Buffer;

it.beforeAll(async () => {
  photo = await jpegPhoto();
  direct = directUploads(world);
});
beforeEach(() => direct.reset());

const upload = (more: Partial<ImageUpload> = {}, using = settings) =>
  storeImage(world, { target: session, bytes: photo, originalName: 'photo.jpg', ...more }, using);

async function expectNothingLeft() {
  expect(await world.items()).toEqual([]);
  expect(await world.objectKeys()).toEqual([]);
}

const sizesOf = async (keys: string[]) =>
  Promise.all(keys.map(async (key) => (await world.objects.head({ bucket: 'default', key }))?.sizeBytes ?? 0));

/** Record, objects and counters say the same of a file, and there is nothing else. */
async function expectInStep(file: ExtensionFile, names: string[]) {
  const keys = [file.key, ...names.map((name) => variantKey(file.key, name))].sort();
  expect(await world.objectKeys()).toEqual(keys);
  const stored = (await sizesOf(keys)).reduce((sum, size) => sum + size, 0);
  expect(file.sizeBytes).toBe(stored);
  expect(await direct.usage()).toEqual({ usedBytes: stored, fileCount: 1 });
  expect(await sizesOf([file.key])).toEqual([ownBytes(file)]);
  expect(await world.files.get(file.id)).toEqual(file);
}

/** A fault of the objects whose keys end so. */
const putting = (end: string, fault: { status: number; code: string } | 'reset') => {
  world.faults.r2 = ({ operation, key }) => (operation === 'PutObject' && key?.endsWith(end) ? fault : undefined);
};

describe('an image with presets', () => {
  it('costs one more PUT for each copy that is smaller than it, and no other call', async () => {
    await upload();
    world.calls.length = 0;
    await upload();
    const puts = ['r2 PutObject', 'r2 PutObject', 'r2 PutObject'];
    expect(world.calls).toEqual(['dynamo TransactWriteItems', ...puts, 'dynamo PutItem']);
  });

  it('keeps record, objects and counters in step, its copies counted with it', async () => {
    const file = await upload();
    expect(file.presets).toEqual(settings.imagePresets);
    expect(file.image?.variants).toMatchObject({ thumb: { width: 64, height: 48 }, card: { width: 160, height: 120 } });
    await expectInStep(file, ['card', 'thumb']);
    for (const ref of objectsOf(file).slice(0, 3)) {
      expect(await world.objects.head(ref)).toMatchObject({ contentType: 'image/webp' });
    }
  });

  it('is refused whole where only its copies are too much, and leaves nothing', async () => {
    const alone = ownBytes(await upload());
    await direct.reset();
    const error = await refusalOf(upload({}, { ...settings, maxBytesPerSession: alone }));
    expect(error).toMatchObject({ code: 'extension_session_storage_quota_exceeded', details: { limitBytes: alone } });
    await expectNothingLeft();
  });

  it('is deleted with all its copies, by the queue or without it', async () => {
    const down = () => {
      throw new Error('The queue is down');
    };
    for (const queue of [undefined, down]) {
      const file = await upload();
      world.faults.queue = queue;
      await direct.remove(file);
      expect(await direct.usage()).toEqual({ usedBytes: 0, fileCount: 0 });
      await world.work();
      await expectNothingLeft();
    }
  });

  it('keeps those it was stored with when the presets change', async () => {
    const first = await upload();
    const second = await upload({}, { ...settings, imagePresets: {} });
    expect(await world.files.get(first.id)).toEqual(first);
    expect(second).not.toHaveProperty('presets');
    await direct.remove(first);
    await world.work();
    expect(await world.objectKeys()).toEqual([second.key]);
  });

  it('answers a repeated request with the same file, whatever the presets are by then', async () => {
    const odd = { ...settings, imagePresets: { 'a--1-': 32, z: 48 } };
    const idempotency = { id: 'key', contentHash: 'hash' };
    const file = await upload({ idempotency }, odd);
    await expectInStep(file, ['a--1-', 'z']);
    expect(await upload({ idempotency }, settings)).toEqual(file);
    await direct.remove(file);
    await world.work();
    expect(await world.objectKeys()).toEqual([]);
  });
});

describe('an upload with presets that fails half-way leaves nothing', () => {
  it.each(['-thumb.webp', '-card.webp', '.webp'])('when R2 refuses the object …%s', async (end) => {
    putting(end, { status: 403, code: 'AccessDenied' });
    expect(await refusalOf(upload())).toMatchObject({ code: 'temporarily_unavailable' });
    world.faults.r2 = undefined;
    await expectNothingLeft();
    await expectInStep(await upload(), ['card', 'thumb']);
  });

  it('when one copy arrives only after another was refused', async () => {
    world.faults.r2 = async ({ operation, key }) => {
      if (operation !== 'PutObject') return undefined;
      return key?.endsWith('-thumb.webp') ? { status: 403, code: 'AccessDenied' } : { delayMs: 300 };
    };
    expect(await refusalOf(upload())).toMatchObject({ code: 'temporarily_unavailable' });
    await expectNothingLeft();
  });

  it.each(['-thumb.webp', '-card.webp', '.webp'])('when the function dies with all but …%s written', async (end) => {
    const isLast = (key: string) => key.endsWith(end) && (end !== '.webp' || !/-[a-z]+\.webp$/.test(key));
    const never = new Promise<never>(() => {});
    let written = 0;
    await new Promise<void>((resolve) => {
      const put: typeof world.objects.put = async (ref, ...given) => {
        if (isLast(ref.key)) return await never;
        await world.objects.put(ref, ...given);
        written += 1;
        if (written === 2) resolve();
        return await never;
      };
      const dying = { ...world, objects: { ...world.objects, put } };
      void storeImage(dying, { target: session, bytes: photo, originalName: 'photo.jpg' }, settings);
    });
    expect(await world.objectKeys()).toHaveLength(2);
    expect(await direct.usage()).toMatchObject({ fileCount: 1 });
    world.time.offsetMs = requestIsOverAfterMs + minute;
    await direct.sweep();
    await expectNothingLeft();
  });
});

describe('a direct upload with presets', () => {
  it('reserves what it declares, and settles to the file and its copies', async () => {
    const { uploadId } = await direct.uploaded(photo, {}, settings);
    expect(await direct.usage()).toEqual({ usedBytes: photo.length, fileCount: 1 });
    world.calls.length = 0;
    const file = await direct.complete(uploadId, settings);
    expect(world.calls.filter((call) => call === 'r2 PutObject')).toHaveLength(3);
    expect(world.calls.filter((call) => call.startsWith('dynamo'))).toHaveLength(2);
    await expectInStep(file, ['card', 'thumb']);
    expect(await direct.complete(uploadId, settings)).toEqual(file);
  });

  it('holds no more than file and copies can weigh', async () => {
    const small = { ...plain, maxImageEdge: 100, imagePresets: { thumb: 50, none: 400 } };
    await direct.presign({ target: setup, sizeBytes: 900_000 }, small);
    expect((await direct.usage()).usedBytes).toBe(2 * (100 * 100 + 50 * 50) + 65_536);
  });

  it('has the presets of when it was begun, whatever they are when it is completed', async () => {
    const { uploadId } = await direct.uploaded(photo, {}, settings);
    const file = await direct.complete(uploadId, { ...settings, imagePresets: { other: 32 } });
    await expectInStep(file, ['card', 'thumb']);
  });

  it('that is larger with its copies than it declared and does not fit is refused, and leaves nothing', async () => {
    const png = await grainPng();
    const tight = { ...settings, maxBytesPerSession: png.length + 1 };
    const { uploadId } = await direct.uploaded(png, { mimeType: 'image/png' }, tight);
    expect(await refusalOf(direct.complete(uploadId, tight))).toMatchObject({
      code: 'extension_session_storage_quota_exceeded',
    });
    expect(await world.objectKeys()).toEqual([]);
    world.time.offsetMs = 71 * minute;
    await direct.sweep();
    await expectNothingLeft();
  });

  it('whose completions overtake each other stores once', async () => {
    const { uploadId } = await direct.uploaded(photo, {}, settings);
    const files = await Promise.all(Array.from({ length: 4 }, () => direct.complete(uploadId, settings)));
    for (const file of files) expect(file).toEqual(files[0]);
    if (files[0]) await expectInStep(files[0], ['card', 'thumb']);
  });

  it('is taken up where a completion died between its objects', async () => {
    const { uploadId } = await direct.uploaded(photo, {}, settings);
    putting('-card.webp', { status: 403, code: 'AccessDenied' });
    expect((await refusalOf(direct.complete(uploadId, settings))).code).toBe('temporarily_unavailable');
    expect(await world.objectKeys()).toHaveLength(3);
    world.faults.r2 = undefined;
    await expectInStep(await direct.complete(uploadId, settings), ['card', 'thumb']);
  });

  it('that expires while it is completed leaves nothing, though its copies were written after', async () => {
    const { uploadId } = await direct.uploaded(photo, {}, settings);
    direct.rightBefore('PutObject', async () => {
      world.time.offsetMs = 15 * minute + 1;
      await direct.sweep();
    });
    expect((await refusalOf(direct.complete(uploadId, settings))).code).toBe('file_not_found');
    expect(await world.objectKeys()).toEqual([]);
  });

  it('whose completion outlived it and died leaves copies that its marker removes', async () => {
    const { uploadId } = await direct.uploaded(photo, {}, settings);
    const file = await world.files.get(uploadId);
    if (file?.scope !== 'extension') throw new Error('an upload');
    await direct.remove(file);
    await world.work();
    for (const ref of objectsOf(file)) await world.objects.put(ref, photo, { contentType: 'image/webp' });
    world.time.offsetMs = 71 * minute;
    await direct.sweep();
    await expectNothingLeft();
  });
});

describe('an animation', () => {
  it('has a still for every preset, those larger than it too', async () => {
    const gif = await animatedGif({ width: 96, height: 64 });
    const file = await upload({ bytes: gif });
    await expectInStep(file, ['card', 'large', 'thumb']);
    expect(file.image?.variants).toMatchObject({ large: { width: 96, height: 64 }, thumb: { width: 64, height: 43 } });
  });
});
