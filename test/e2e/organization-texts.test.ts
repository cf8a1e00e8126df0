import { afterAll, describe, expect, it } from 'vitest';
import { error, openOrganizations, type Row } from './organization-support.ts';

const { stowage, org, platform, ada, nobody, write, list } = await openOrganizations();
afterAll(() => stowage.close());

describe.each(['/messages', '/exercise-comments'])('a text alone to %s', (path) => {
  it('names its organization and is listed like any other', async () => {
    const created = await write(path, { organizationId: org, text: 'See you at six.' });
    expect(created.status).toBe(201);
    const row = created.body as Row;
    expect(row).toMatchObject({ organizationId: org, userId: ada.userId, text: 'See you at six.', files: [] });
    expect(await list(path)).toEqual([row]);
    expect(await list(`${path}?userId=${ada.userId}`, platform)).toEqual([row]);
  });

  it('is refused without an organization, without a word, and to whoever is no member', async () => {
    for (const json of [
      { text: 'a' },
      { uploadIds: [], text: 'a' },
      { organizationId: org, text: ' ' },
      { organizationId: org },
    ]) {
      expect(await write(path, json)).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    }
    expect(await write(path, { organizationId: org, text: 'a' }, nobody.as)).toMatchObject(
      error(403, 'not_active_member', 'Not an active member'),
    );
  });
});

it('a progress photo without a photo is none', async () => {
  expect((await write('/progress-photos', { organizationId: org, note: 'a', uploadIds: [] })).status).toBe(400);
});
