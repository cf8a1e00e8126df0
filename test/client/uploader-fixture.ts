import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type Cloud, startCloud } from '#local/cloud.ts';
import { jpegPhoto } from '#test/support/images.ts';
import {
  createUploader,
  type Progress,
  type StagedList,
  setupTarget,
  type Uploader,
  type UploaderOptions,
} from '../../client/src/uploader.ts';
import { type ApiProxy, startProxy } from './proxy.ts';

export const files = '/api/extensions/apps/demo-app/files';

/** What the staged list answers when there is nothing, not even a reservation. */
export const nothing = { items: [], stagedQuota: { bytesUsed: 0, fileCount: 0 } };

/** For one test file: the whole one-machine cloud, reached through a proxy that can lose answers; empty for each test. */
export function useUploads() {
  const dir = mkdtempSync(join(tmpdir(), 'stowage-uploader-'));
  let cloud: Cloud;
  let proxy: ApiProxy;
  let photo: File;

  /** Sends everything directly when `formMaxBytes` is 0, so that small photos do for both ways. */
  const uploader = (formMaxBytes?: number, options: Partial<UploaderOptions> = {}) =>
    createUploader({
      baseUrl: proxy.baseUrl,
      target: setupTarget('demo-app'),
      auth: () => ({ authorization: `Bearer ${cloud.dev.userToken}` }),
      retry: { baseMs: 5 },
      ...(formMaxBytes !== undefined && { formMaxBytes }),
      ...options,
    });

  async function staged(): Promise<StagedList> {
    const headers = { authorization: `Bearer ${cloud.dev.userToken}` };
    return (await (await fetch(`${cloud.baseUrl}${files}/staged`, { headers })).json()) as StagedList;
  }

  /** Uploads, and aborts when the upload has got as far as `when` says. */
  async function abortWhen(by: Uploader, when: (progress: Progress) => boolean, file: Blob = photo) {
    const abort = new AbortController();
    const onProgress = (progress: Progress) => {
      if (when(progress)) abort.abort(new Error('changed my mind'));
    };
    return by.upload(file, { signal: abort.signal, onProgress });
  }

  function noFaults(): void {
    proxy.fault = () => undefined;
    cloud.faults.r2 = undefined;
  }

  beforeAll(async () => {
    cloud = await startCloud({ dir });
    proxy = await startProxy(cloud.baseUrl);
    const bytes = new Uint8Array(await jpegPhoto({ width: 900, height: 700 }));
    photo = new File([bytes], 'photo.jpg', { type: 'image/jpeg' });
    // A machine may be busy with other suites.
  }, 180_000);
  afterAll(async () => {
    proxy.close();
    await cloud.close();
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => {
    noFaults();
    proxy.seen = [];
  });
  afterEach(async () => {
    noFaults();
    for (const { id } of (await staged()).items) await uploader().delete(id);
  });

  return {
    uploader,
    staged,
    abortWhen,
    cloud: () => cloud,
    proxy: () => proxy,
    photo: () => photo,
    /** What reached the API, ids left out. */
    paths: () => proxy.seen.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{24}/, ':id')}`),
  };
}
