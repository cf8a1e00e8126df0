import { beforeEach, describe, expect } from 'vitest';
import { storeComplianceDocument } from '#core/organizations/compliance.ts';
import { openDocument } from '#core/organizations/documents.ts';
import { world, worldTest } from '#test/support/world-test.ts';
import { bytesOf, orgId, refusalOf, reset, uploaded } from './support.ts';

const it = worldTest;

const pdf = bytesOf('%PDF-1.7\n%%EOF\n');

beforeEach(() => reset(world));

const store = (originalName = 'waiver.pdf', org = orgId) =>
  storeComplianceDocument(world, { orgId: org, subject: 'platform', bytes: pdf, originalName });
const list = async (page: { limit: number; cursor?: string } = { limit: 10 }, org = orgId) =>
  await world.organizations.listDocuments(org, page);

describe('the compliance documents of an organization', () => {
  it('are listed newest first and page by page, without its other files', async () => {
    await uploaded(world);
    const stored = [];
    for (const name of ['one.pdf', 'two.pdf', 'three.pdf']) {
      stored.unshift(await store(name));
      world.time.offsetMs += 1000;
    }
    await store('theirs.pdf', 'another');
    expect((await list()).items).toEqual(stored);
    const first = await list({ limit: 2 });
    expect(first.items).toEqual(stored.slice(0, 2));
    expect(await list({ limit: 2, cursor: first.cursor ?? '' })).toEqual({ items: stored.slice(2) });
  });

  it('are listed once their bytes are there, and not before or when they failed', async () => {
    world.faults.r2 = ({ operation }) =>
      operation === 'PutObject' ? { status: 403, code: 'AccessDenied' } : undefined;
    await expect(store()).rejects.toThrow();
    expect(await list()).toEqual({ items: [] });
  });

  it('open by a link that lives a minute and is another one each time', async () => {
    const { id } = await store();
    const { document, link } = await openDocument(world, { orgId, documentId: id });
    expect(document.originalName).toBe('waiver.pdf');
    expect(new URL(link.url).searchParams.get('X-Amz-Expires')).toBe('60');
    expect(Buffer.from(await (await fetch(link.url)).arrayBuffer())).toEqual(pdf);
    world.time.offsetMs += 1000;
    expect((await openDocument(world, { orgId, documentId: id })).link.url).not.toBe(link.url);
  });

  it("do not open for another organization, and what is no document doesn't either", async () => {
    const { id } = await store();
    const photo = await uploaded(world);
    for (const [org, documentId] of [
      ['another', id],
      [orgId, photo],
      [orgId, '0'.repeat(24)],
      [orgId, '..'],
    ] as const) {
      expect(await refusalOf(openDocument(world, { orgId: org, documentId }))).toMatchObject({ code: 'not_found' });
    }
  });
});
