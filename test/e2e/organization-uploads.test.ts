import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { error, type Offer, openOrganizations, photo, put, type Row } from './organization-support.ts';

const { stowage, org, other, platform, ada, bob, nobody, member, presign, uploaded, write, list } =
  await openOrganizations();
afterAll(() => stowage.close());

describe('an upload of a member', () => {
  it('goes from presign over PUT and parent to a link that opens the same bytes', async () => {
    const answer = await presign({ filename: 'C:\\fakepath\\me.jpg' });
    expect(answer.status).toBe(201);
    const offer = answer.body as Offer;
    expect(offer).toMatchObject({ expiresIn: 600, method: 'PUT' });
    expect(Object.keys(offer.headers).sort()).toEqual(['content-type']);
    expect(offer).toMatchObject({ contentLength: photo.byteLength });
    expect(await put(offer)).toBe(200);

    const takenAt = '2026-11-20T10:00:00Z';
    const created = await write('/progress-photos', { uploadIds: [offer.uploadId], takenAt, note: 'front' });
    expect(created.status).toBe(201);
    const row = created.body as Row;
    expect(row).toMatchObject({ organizationId: org, userId: ada.userId, takenAt, note: 'front' });
    expect(row.files).toMatchObject([
      {
        uploadId: offer.uploadId,
        key: `progress-photos/${ada.userId}/${offer.uploadId}.jpg`,
        mimeType: 'image/jpeg',
        sizeBytes: photo.byteLength,
        originalName: 'me.jpg',
      },
    ]);

    const [listed] = await list('/progress-photos');
    expect(listed?.id).toBe(row.id);
    const response = await fetch(listed?.files[0]?.url ?? '');
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(photo);
    // Stable: the next list shows the same link, so that a browser's cache is hit.
    expect((await list('/progress-photos'))[0]?.files[0]?.url).toBe(listed?.files[0]?.url);
    expect((await stowage.bucketKeys()).filter((key) => key.startsWith('incoming/'))).toEqual([]);
  });

  it('takes both spellings of type and size, and refuses two different ones', async () => {
    const path = `/organizations/${org}/uploads/presign`;
    const ask = (json: object) =>
      stowage.call('POST', path, { ...ada.as, json: { ownerType: 'progress_photo', ...json } });
    expect((await ask({ mime: 'image/png', size: 5 })).status).toBe(201);
    expect((await ask({ mime: 'image/png', mimeType: 'image/png', size: 5, fileSize: 5 })).status).toBe(201);
    for (const bad of [
      { mime: 'image/png' },
      { size: 5 },
      { mime: 'image/png', mimeType: 'image/jpeg', size: 5 },
      { mime: 'image/png', size: 5, fileSize: 6 },
      { mime: 'image/png', size: 0 },
      { mime: 'image/png', size: 1.5 },
      { mime: 'image/png', size: '5' },
      { mime: 'image/png', size: -1 },
    ]) {
      const answer = await ask(bad);
      expect([answer.status, (answer.body as { code: string }).code]).toEqual([400, 'validation_failed']);
    }
  });

  it('becomes a comment with a picture and a video, and is listed page by page, by organization', async () => {
    const files = [
      await uploaded({ ownerType: 'exercise_comment', mimeType: 'image/heic' }),
      await uploaded({ ownerType: 'exercise_comment', mimeType: 'video/quicktime' }),
    ];
    expect((await write('/exercise-comments', { uploadIds: files, text: 'one' })).status).toBe(201);
    const there = await uploaded({ ownerType: 'exercise_comment' }, ada.as, other);
    expect((await write('/exercise-comments', { uploadIds: [there], text: 'two' })).status).toBe(201);

    const all = await list('/exercise-comments');
    expect(all.map(({ text, organizationId }) => [text, organizationId])).toEqual([
      ['two', other],
      ['one', org],
    ]);
    expect(all[1]?.files.map(({ key }) => key.replace(/^.*\./, ''))).toEqual(['heic', 'mov']);
    const page = (await stowage.ok('GET', '/exercise-comments?limit=1', ada.as)) as { items: Row[]; cursor: string };
    expect(page.items).toHaveLength(1);
    expect((await list(`/exercise-comments?limit=1&cursor=${page.cursor}`)).map(({ text }) => text)).toEqual(['one']);
    expect((await list(`/exercise-comments?organizationId=${org}`)).map(({ text }) => text)).toEqual(['one']);
    expect(await list('/exercise-comments', bob.as)).toEqual([]);
  });

  it('of a message is presigned by the platform for its user, who sends it', async () => {
    expect(await presign({ ownerType: 'message' })).toMatchObject(
      error(403, 'insufficient_scope', 'Uploads of messages are presigned by the platform.'),
    );
    expect((await presign({ ownerType: 'message' }, platform)).status).toBe(400);
    expect(await presign({ ownerType: 'message', userId: nobody.userId }, platform)).toMatchObject(
      error(403, 'not_active_member', 'Not an active member'),
    );
    const id = await uploaded({ ownerType: 'message', userId: ada.userId }, platform);
    expect(await write('/messages', { uploadIds: [id], text: 'hi' }, bob.as)).toMatchObject(
      error(403, 'upload_not_owned', 'Upload does not belong to caller'),
    );
    expect((await write('/messages', { uploadIds: [id], text: 'hi' })).status).toBe(201);
    expect((await list('/messages'))[0]).toMatchObject({
      text: 'hi',
      files: [{ key: `messages/uploads/${ada.userId}/${id}.jpg` }],
    });
  });
});

describe('the table of refusals', () => {
  it('presign called for an inactive membership, until the member is active again', async () => {
    const inactive = error(403, 'not_active_member', 'Not an active member');
    expect(await presign({}, nobody.as)).toMatchObject(inactive);
    await member(nobody, org, 'inactive');
    expect(await presign({}, nobody.as)).toMatchObject(inactive);
    await member(nobody, org, 'active');
    expect((await presign({}, nobody.as)).status).toBe(201);
    await member(nobody, org, 'inactive');
  });

  it('MIME and size policy violations', async () => {
    expect(await presign({ mimeType: 'image/svg+xml' })).toMatchObject(
      error(400, 'invalid_file_type', 'Unsupported file type'),
    );
    expect(await presign({ fileSize: 15 * 1024 * 1024 + 1 })).toMatchObject(
      error(400, 'file_too_large', 'File too large'),
    );
    const huge = await presign({ mimeType: 'text/html', fileSize: 100 * 1024 * 1024 + 1 });
    expect(huge).toMatchObject(error(400, 'file_too_large', 'File too large'));
    expect(huge.body).toMatchObject({ details: { maxBytes: 104_857_600 } });
  });

  it('a direct PUT that is not what was signed', async () => {
    const offer = (await presign()).body as Offer;
    const tampered = offer.uploadUrl.replace(/X-Amz-Signature=\w{4}/, 'X-Amz-Signature=0000');
    expect(await put({ ...offer, uploadUrl: tampered })).toBe(403);
    expect(await put(offer, photo, { 'content-type': 'text/html' })).toBe(403);
    expect(await put(offer, Buffer.concat([photo, photo]))).toBe(403);
    expect(await put(offer)).toBe(200);
    // Sent again, as a client does that missed the answer; R2 takes one write of a key a second.
    await sleep(1100);
    expect(await put(offer)).toBe(200);
  });

  it('parent write before the PUT succeeds, and after', async () => {
    const offer = (await presign()).body as Offer;
    const json = { uploadIds: [offer.uploadId] };
    expect(await write('/progress-photos', json)).toMatchObject(
      error(400, 'file_not_uploaded', `File ${offer.uploadId} was not uploaded`),
    );
    await put(offer);
    expect((await write('/progress-photos', json)).status).toBe(201);
  });

  it("parent write with another user's uploadId", async () => {
    const uploadIds = [await uploaded({}, bob.as)];
    expect(await write('/progress-photos', { uploadIds })).toMatchObject(
      error(403, 'upload_not_owned', 'Upload does not belong to caller'),
    );
    expect((await write('/progress-photos', { uploadIds }, bob.as)).status).toBe(201);
  });

  it('unknown, consumed and mixed-up uploads, naming the one at fault', async () => {
    const id = await uploaded();
    expect((await write('/progress-photos', { uploadIds: [id] })).status).toBe(201);
    for (const missing of [id, crypto.randomUUID(), 'nonsense']) {
      const answer = await write('/progress-photos', { uploadIds: [missing] });
      expect(answer).toMatchObject(error(400, 'upload_not_found', 'Upload not found or expired'));
      expect(answer.body).toMatchObject({ details: { uploadId: missing } });
    }
    const [fresh, comment] = [await uploaded(), await uploaded({ ownerType: 'exercise_comment' })];
    for (const uploadIds of [[fresh, fresh], [comment], [], Array.from({ length: 21 }, () => crypto.randomUUID())]) {
      expect((await write('/progress-photos', { uploadIds })).status).toBe(400);
    }
    expect((await write('/progress-photos', { uploadIds: [fresh] })).status).toBe(201);
  });
});
