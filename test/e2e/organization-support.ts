import { expect } from 'vitest';
import { type Answer, type CallOptions, openStowage } from './support.ts';

/** Somebody with a user token. */
export interface Person {
  userId: string;
  as: CallOptions;
}

export interface Offer {
  uploadUrl: string;
  uploadId: string;
  expiresIn: number;
  method: string;
  headers: Record<string, string>;
  contentLength: number;
}

/** A parent row as its endpoints answer it. */
export interface Row {
  id: string;
  organizationId: string;
  text?: string;
  files: { uploadId: string; key: string; url: string; mimeType: string }[];
}

export const photo = Buffer.from('the bytes of a photo');

/** A refusal in the one error body. */
export const error = (status: number, code: string, message: string) => ({
  status,
  body: expect.objectContaining({ status: 'error', code, message, requestId: expect.any(String) }),
});

/** PUTs with exactly the headers that were answered. */
export async function put(offer: Offer, bytes: Buffer = photo, headers: Record<string, string> = {}): Promise<number> {
  const init = { method: 'PUT', headers: { ...offer.headers, ...headers }, body: new Uint8Array(bytes) };
  return (await fetch(offer.uploadUrl, init)).status;
}

/** A cloud with two organizations; see {@link organizationsOn}. */
export const openOrganizations = async () => await organizationsOn(await openStowage());

/** Two organizations: ada is a member of both, bob of the first, nobody of none. */
export async function organizationsOn<S extends Omit<Awaited<ReturnType<typeof openStowage>>, 'close'>>(stowage: S) {
  const org = `org-${crypto.randomUUID().slice(0, 8)}`;
  const other = `other-${org}`;
  const platform: CallOptions = { token: stowage.dev.platformToken };

  async function person(userId: string): Promise<Person> {
    return { userId, as: { token: await stowage.token({ token_use: 'user', sub: userId }) } };
  }
  const member = (who: Person, orgId: string, status = 'active') =>
    stowage.ok('PUT', `/platform/organizations/${orgId}/members/${who.userId}`, { ...platform, json: { status } });

  const [ada, bob, nobody] = await Promise.all([person(`ada-${org}`), person(`bob-${org}`), person(`nobody-${org}`)]);
  await Promise.all([member(ada, org), member(bob, org), member(ada, other)]);

  const presign = (json: object = {}, as: CallOptions = ada.as, orgId = org): Promise<Answer> =>
    stowage.call('POST', `/organizations/${orgId}/uploads/presign`, {
      ...as,
      json: { ownerType: 'progress_photo', mimeType: 'image/jpeg', fileSize: photo.byteLength, ...json },
    });

  return {
    stowage,
    org,
    other,
    platform,
    ada,
    bob,
    nobody,
    member,
    presign,
    /** Presigned and PUT. */
    async uploaded(json: object = {}, as: CallOptions = ada.as, orgId = org): Promise<string> {
      const answer = await presign(json, as, orgId);
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      const offer = answer.body as Offer;
      expect(await put(offer)).toBe(200);
      return offer.uploadId;
    },
    write: (path: string, json: object, as: CallOptions = ada.as) => stowage.call('POST', path, { ...as, json }),
    list: async (path: string, as: CallOptions = ada.as) =>
      ((await stowage.ok('GET', path, as)) as { items: Row[]; cursor?: string }).items,
  };
}
