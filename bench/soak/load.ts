/** What callers do all day, as one round of requests: uploads, lists, reads, state, a direct upload that nobody ends, deletions. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jpegPhoto } from '#test/support/images.ts';

interface Dev {
  baseUrl: string;
  appId: string;
  sessionId: string;
  developerKey: string;
  sessionToken: string;
  userToken: string;
}

export interface Tally {
  answers: number;
  /** By status, of those that are no success. */
  refused: Record<string, number>;
}

/** Opens the cloud whose `dev.json` lies in `dir`. */
export async function openLoad(dir: string) {
  const dev = JSON.parse(readFileSync(join(dir, 'dev.json'), 'utf8')) as Dev;
  const photo = await jpegPhoto({ width: 640, height: 480 });
  const files = `${dev.baseUrl}/api/extensions/sessions/${dev.sessionId}/files`;
  const backend = { authorization: `Bearer ${dev.developerKey}`, 'x-chastify-main-token': dev.sessionToken };
  const page = { authorization: `Bearer ${dev.sessionToken}` };
  const tally: Tally = { answers: 0, refused: {} };

  async function ask(url: string, init: RequestInit): Promise<Record<string, unknown>> {
    const response = await fetch(url, init);
    const text = await response.text();
    tally.answers += 1;
    if (!response.ok) tally.refused[response.status] = (tally.refused[response.status] ?? 0) + 1;
    return response.ok && text !== '' ? (JSON.parse(text) as Record<string, unknown>) : {};
  }

  async function fileLife(): Promise<void> {
    const body = new FormData();
    body.set('file', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'photo.jpg');
    const { file } = (await ask(files, { method: 'POST', headers: backend, body })) as { file?: { id: string } };
    if (!file) return;
    await ask(`${files}/${file.id}`, { headers: page });
    await ask(`${files}/${file.id}`, { method: 'DELETE', headers: backend });
  }

  async function abandoned(): Promise<void> {
    const json = { filename: 'a.png', mimeType: 'image/png', sizeBytes: 1000, purpose: 'soak' };
    const headers = { ...backend, 'content-type': 'application/json' };
    const { uploadId } = await ask(`${files}/presign`, { method: 'POST', headers, body: JSON.stringify(json) });
    if (typeof uploadId === 'string') await ask(`${files}/${uploadId}`, { method: 'DELETE', headers: backend });
  }

  /** One round, `width` of each at the same time. */
  async function round(width: number): Promise<void> {
    await Promise.all(
      Array.from({ length: width }, () => [
        fileLife(),
        abandoned(),
        ask(`${files}?limit=50`, { headers: page }),
      ]).flat(),
    );
  }

  return { round, tally };
}
