import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Fault, Seen } from './proxy.ts';
import { files, nothing, useUploads } from './uploader-fixture.ts';

const { uploader, staged, abortWhen, cloud, proxy, photo, paths } = useUploads();

/** Answers `fault` to the first request whose path ends so. */
function once(end: string, fault: Fault): void {
  let left = 1;
  proxy().fault = ({ path }) => (path.endsWith(end) && left-- > 0 ? fault : undefined);
}

const isDelete = ({ method }: Seen) => method === 'DELETE';
const keysOf = (end: string) =>
  proxy().seen.flatMap(({ path, headers }) => (path.endsWith(end) ? [headers['idempotency-key']] : []));

describe('an outage', () => {
  test.each([
    ['by form', undefined],
    ['directly', 0],
  ])('of four seconds is survived by an upload %s, as the package comes', async (_, formMaxBytes) => {
    let isDown = true;
    proxy().fault = () => (isDown ? 'cut' : undefined);
    cloud().faults.r2 = () => (isDown ? 'reset' : undefined);
    const upload = uploader(formMaxBytes, { retry: {} }).upload(photo());
    await sleep(4000);
    isDown = false;
    const { file } = await upload;
    expect((await staged()).items.map(({ id }) => id)).toEqual([file.id]);
  });

  test('of the server that gives out tokens is survived, too', async () => {
    let asked = 0;
    const auth = async () => {
      asked += 1;
      if (asked < 3) throw new TypeError('fetch failed');
      return { authorization: `Bearer ${cloud().dev.userToken}` };
    };
    await uploader(undefined, { auth }).upload(photo());
    expect(asked).toBe(3);
  });
});

describe('an `auth` of the page that throws', () => {
  test('ends the upload at once, in its own words: to ask again would throw again', async () => {
    let asked = 0;
    const auth = async () => {
      asked += 1;
      throw new Error('Sign in first.');
    };
    const failed = uploader(undefined, { auth, retry: {} }).upload(photo());
    await expect(failed).rejects.toMatchObject({
      code: 'auth_failed',
      message: expect.stringContaining('Sign in first.'),
    });
    expect(asked).toBe(1);
    expect(paths()).toEqual([]);
  });
});

describe('a stall', () => {
  const impatient = (formMaxBytes?: number) => uploader(formMaxBytes, { stallMs: 5000 });

  test.each([
    ['of the form', undefined, '/stage'],
    ['of presign', 0, '/presign'],
    ['of complete', 0, '/complete'],
  ])('%s ends in time, and the same is sent again', async (_, formMaxBytes, end) => {
    once(end, 'silent');
    const { file } = await impatient(formMaxBytes).upload(photo());
    expect(paths().filter((path) => path.endsWith(end))).toHaveLength(2);
    expect((await staged()).items.map(({ id }) => id)).toEqual([file.id]);
  });

  test('of the bucket ends in time, and the bytes are sent again', async () => {
    let silent = 1;
    cloud().faults.r2 = ({ operation }) => (operation === 'PutObject' && silent-- > 0 ? 'silent' : undefined);
    await impatient(0).upload(photo());
    expect(paths()).toEqual([`POST ${files}/presign`, `POST ${files}/complete`]);
  });

  test('that does not pass is told as a connection that is lost, with what it was', async () => {
    proxy().fault = () => 'silent';
    const get = uploader(undefined, { stallMs: 100, retry: { attempts: 2, baseMs: 5 } }).get(
      '65f0c0ffee65f0c0ffee65f0',
    );
    await expect(get).rejects.toMatchObject({ code: 'network_error', cause: { name: 'TimeoutError' } });
    expect(paths()).toHaveLength(2);
  });
});

describe('what could not be given back', () => {
  test('is deleted when the line is there again, without anybody doing anything', async () => {
    proxy().fault = (request) => (isDelete(request) ? 'cut' : undefined);
    const upload = abortWhen(uploader(), ({ sentBytes }) => sentBytes === photo().size);
    await expect(upload).rejects.toMatchObject({ code: 'aborted' });
    expect((await staged()).items).toHaveLength(1);
    proxy().fault = () => undefined;
    await expect.poll(staged).toMatchObject(nothing);
  });

  test('frees its room before the next upload of anything', async () => {
    // Two of these are more than a user may stage.
    const large = () => new File([photo(), new Uint8Array(6_000_000)], 'large.jpg');
    const by = uploader(0);
    proxy().fault = (request) => (isDelete(request) ? 'cut' : undefined);
    cloud().faults.r2 = ({ operation }) => (operation === 'PutObject' ? 'reset' : undefined);
    await expect(by.upload(large())).rejects.toMatchObject({ code: 'network_error' });
    expect((await staged()).stagedQuota.bytesUsed).toBeGreaterThan(6_000_000);
    proxy().fault = () => undefined;
    cloud().faults.r2 = undefined;
    const { stagedQuota } = await by.upload(large());
    expect(stagedQuota?.fileCount).toBe(1);
  });

  test('is taken up again by the same file, while nothing can be deleted', async () => {
    const by = uploader(0);
    proxy().fault = (request) => (isDelete(request) ? 'cut' : undefined);
    cloud().faults.r2 = ({ operation }) => (operation === 'PutObject' ? 'reset' : undefined);
    await expect(by.upload(photo())).rejects.toMatchObject({ code: 'network_error' });
    cloud().faults.r2 = undefined;
    const { stagedQuota } = await by.upload(photo());
    expect(stagedQuota?.fileCount).toBe(1);
    expect(new Set(keysOf('/presign')).size).toBe(1);
    proxy().fault = () => undefined;
    await sleep(2500);
    expect((await staged()).items, 'the deletion was withdrawn').toHaveLength(1);
  });
});

describe('the same file again', () => {
  const fail = (end: string) => {
    proxy().fault = ({ path }) => (path.endsWith(end) ? 'lost' : undefined);
  };

  test.each([
    ['by form', undefined, '/stage'],
    ['directly', 0, '/presign'],
  ])('after its answers were lost goes on under its key %s, and is stored once', async (_, formMaxBytes, end) => {
    const by = uploader(formMaxBytes);
    fail(end);
    await expect(by.upload(photo())).rejects.toMatchObject({ code: 'network_error' });
    proxy().fault = () => undefined;
    const { file, stagedQuota } = await by.upload(photo());
    expect(new Set(keysOf(end)).size).toBe(1);
    expect(stagedQuota?.fileCount).toBe(1);
    expect((await staged()).items.map(({ id }) => id)).toEqual([file.id]);
  });

  test('is another upload when the first succeeded, when both run at once, or when it goes elsewhere', async () => {
    const by = uploader();
    await Promise.all([by.upload(photo()), by.upload(photo()), by.upload(photo(), { purpose: 'other' })]);
    await by.upload(photo());
    fail('/stage');
    await expect(by.upload(photo())).rejects.toMatchObject({ code: 'network_error' });
    proxy().fault = () => undefined;
    await by.upload(photo(), { purpose: 'other' });
    expect(new Set(keysOf('/stage')).size).toBe(6);
  });

  test('has a new key when what its key stands for was deleted since', async () => {
    const by = uploader();
    fail('/stage');
    await expect(by.upload(photo())).rejects.toMatchObject({ code: 'network_error' });
    proxy().fault = () => undefined;
    for (const { id } of (await staged()).items) await by.delete(id);
    const { file } = await by.upload(photo());
    expect((await staged()).items.map(({ id }) => id)).toEqual([file.id]);
    expect(new Set(keysOf('/stage')).size).toBe(2);
  });
});
