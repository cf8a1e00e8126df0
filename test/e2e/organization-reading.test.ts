import { afterAll, describe, expect, it } from 'vitest';
import { error, openOrganizations } from './organization-support.ts';

const { stowage, org, other, platform, ada } = await openOrganizations();
afterAll(() => stowage.close());

const notFound = { status: 404, body: { code: 'not_found' } };

describe('what the platform reads for those who should', () => {
  it('are the compliance documents of an organization, listed and opened for a minute', async () => {
    const documents = `/platform/organizations/${org}/compliance-documents`;
    const stored: { id: string }[] = [];
    for (const name of ['one', 'two', 'three']) {
      const body = new FormData();
      body.set('formId', 'waiver');
      body.set('file', new Blob([`%PDF-1.7 ${name}`], { type: 'application/pdf' }), `${name}.pdf`);
      const created = (await stowage.ok('POST', documents, { ...platform, body })) as { document: { id: string } };
      stored.unshift(created.document);
    }
    const all = (await stowage.ok('GET', documents, platform)) as { items: unknown[]; cursor?: string };
    expect(all).toEqual({ items: stored });
    const page = (await stowage.ok('GET', `${documents}?limit=2`, platform)) as { items: unknown[]; cursor: string };
    expect(page.items).toEqual(stored.slice(0, 2));
    expect(await stowage.ok('GET', `${documents}?limit=2&cursor=${page.cursor}`, platform)).toEqual({
      items: stored.slice(2),
    });

    const one = stored[0]?.id;
    const opened = (await stowage.ok('GET', `${documents}/${one}`, platform)) as { url: string; expiresAt: string };
    expect(opened).toMatchObject({ document: stored[0] });
    expect(new URL(opened.url).searchParams.get('X-Amz-Expires')).toBe('60');
    expect(await (await fetch(opened.url)).text()).toBe('%PDF-1.7 three');

    const elsewhere = `/platform/organizations/${other}/compliance-documents`;
    expect(await stowage.ok('GET', elsewhere, platform)).toEqual({ items: [] });
    expect(await stowage.call('GET', `${elsewhere}/${one}`, platform)).toMatchObject(notFound);
    expect(await stowage.call('GET', `${documents}/nonsense`, platform)).toMatchObject(notFound);
    expect(await stowage.call('GET', documents, ada.as)).toMatchObject(
      error(401, 'unauthorized', 'This endpoint takes a service token.'),
    );
  });
});
