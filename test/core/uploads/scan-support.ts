import { expect } from 'vitest';
import { toldForMs } from '#core/files/quarantine.ts';
import type { UploadFile } from '#core/files/record.ts';
import { applyVerdict, findScannable, type ScanMessage } from '#core/files/scan.ts';
import { sweepOne } from '#core/files/sweep.ts';
import { getLiveUpload, getUpload, listUploads } from '#core/uploads/own-uploads.ts';
import { storeUpload } from '#core/uploads/store-upload.ts';
import { refusalOf } from '#test/support/refusals.ts';
import { leftovers, settings, uploadsWorld } from './support.ts';

export const minutes = 60_000;
export const bytes = Buffer.from('hello');
type More = { visibility?: 'public' | 'private'; onTimeout?: 'release' | 'reject' };

/** Uploads that wait for a scanner, whose queue is a list. */
export function scanWorld() {
  const world = uploadsWorld();
  const sent: ScanMessage[] = [];
  const logged: string[] = [];
  const faults: { queue?: boolean } = {};
  const queue = {
    async send(message: ScanMessage) {
      if (faults.queue === true) throw new Error('no queue');
      sent.push(message);
    },
  };
  const deps = () => ({ ...world(), scans: { queue, log: (message: string) => void logged.push(message) } });
  const sweeper = () => ({ ...world(), scans: queue });

  const requestOf = ({ visibility = 'public', onTimeout = 'reject' }: More) =>
    ({ userId: 'user', visibility, originalName: 'a.txt', scan: { timeoutMs: 60 * minutes, onTimeout } }) as const;

  async function store(more: More = {}): Promise<UploadFile> {
    sent.length = 0;
    return await storeUpload(deps(), { ...requestOf(more), declaredType: 'text/plain', bytes }, settings);
  }
  const owned = ({ id, userId }: UploadFile) => ({ userId, fileId: id });
  const open = (file: UploadFile) => getLiveUpload(world(), owned(file));
  const etagOf = async (file: UploadFile) => (await findScannable(world(), file.id)).head.etag;
  const judge = (file: UploadFile, verdict: 'clean' | 'infected', etag: string) =>
    applyVerdict(world(), file.id, {
      verdict,
      engine: 'test',
      etag,
      ...(verdict === 'infected' && { signature: 'Eicar' }),
    });
  const count = async () => (await listUploads(world(), 'user', { page: 1, limit: 10 })).count;
  const sweep = async (file: UploadFile) => {
    const found = await world().files.get(file.id);
    return found !== undefined && (await sweepOne(sweeper(), found));
  };

  /** Gone whole: as if it had never been, once its owner need not be told any more. */
  async function expectGone(file: UploadFile) {
    expect(await world().objectKeys()).toEqual([]);
    expect(await world().objectKeys('public')).toEqual([]);
    expect(await count()).toBe(0);
    world().time.offsetMs += toldForMs + 1000;
    expect(await sweep(file)).toBe(true);
    expect((await refusalOf(getUpload(world(), owned(file)))).code).toBe('file_not_found');
    expect(await leftovers(world())).toEqual([]);
  }

  return {
    world,
    sent,
    logged,
    faults,
    queue,
    deps,
    requestOf,
    store,
    owned,
    open,
    etagOf,
    judge,
    count,
    sweep,
    expectGone,
  };
}
