import type { SignedUrl } from '#core/files/ports.ts';
import type { RememberedCredentials } from './credentials.ts';

/** Links kept at once, some 700 bytes each: what one instance shows in a window. */
const maxLinks = 2_000;

/**
 * Remembers links that come out the same until their window ends, so that a page which is asked for again is not signed
 * again: signing is a quarter of what a list costs. A link is forgotten with its window, and with the credentials that it
 * was signed with, as soon as they are read anew.
 * @returns the link of a name, signed by `sign` where none is known of that moment
 */
export function createStableLinks(credentials: RememberedCredentials) {
  const links = new Map<string, { signedAt: number; under: object; link: Promise<SignedUrl> }>();

  return async (name: string, signingDate: Date, sign: () => Promise<SignedUrl>): Promise<SignedUrl> => {
    const [signedAt, under] = [signingDate.getTime(), await credentials()];
    const known = links.get(name);
    if (known?.signedAt === signedAt && known.under === under) return await known.link;
    const link = sign();
    if (links.size >= maxLinks) links.clear();
    links.set(name, { signedAt, under, link });
    // What failed is tried again by whoever asks next.
    link.catch(() => links.delete(name));
    return await link;
  };
}
