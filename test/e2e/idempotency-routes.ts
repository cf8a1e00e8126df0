import type { EndpointName } from '#functions/routes.ts';
import { type Offer, type organizationsOn, put } from './organization-support.ts';
import type { openCloud } from './support.ts';
import { type Answer, type CallOptions, formOf, type TestApp } from './support.ts';

type Organizations = Awaited<ReturnType<typeof organizationsOn<Awaited<ReturnType<typeof openCloud>>['stowage']>>>;

export interface World {
  organizations: Organizations;
  app: TestApp;
  photo: Buffer;
}

/** One request that can be sent again: as the first time, or with another content. */
export interface Repeatable {
  send(headers: Record<string, string>, content: 'first' | 'other'): Promise<Answer>;
  /** Content is all in its path. */
  onlyOne?: true;
  /** What of the answer is the same each time; all but the links, unless it is told here. */
  essence?(body: never): unknown;
}

type Make = (world: World) => Promise<Repeatable>;

const declared = { mimeType: 'image/png', fileSize: 20 };

/** A request with a JSON body, of which `other` changes something. */
const withJson =
  (method: string, path: string, as: CallOptions, json: object, other: object) =>
  ({ organizations: { stowage } }: World): Repeatable => ({
    send: (headers, content) =>
      stowage.call(method, path, {
        ...as,
        headers: { ...as.headers, ...headers },
        json: content === 'first' ? json : { ...json, ...other },
      }),
  });

const backend = ({ app }: World): CallOptions => ({
  token: app.key,
  headers: { 'x-chastify-main-token': app.sessionToken },
});

const sending =
  (path: (world: World) => string, as: (world: World) => CallOptions): Make =>
  async (world) => ({
    send: (headers, content) =>
      world.organizations.stowage.call('POST', path(world), {
        ...as(world),
        headers: { ...as(world).headers, ...headers },
        body: formOf({ bytes: world.photo }, { purpose: content }),
      }),
  });

const presigning =
  (path: (world: World) => string, as: (world: World) => CallOptions): Make =>
  async (world) =>
    withJson(
      'POST',
      path(world),
      as(world),
      { filename: 'a.jpg', mimeType: 'image/jpeg', sizeBytes: 900 },
      { sizeBytes: 901 },
    )(world);

const parent =
  (path: string, ownerType: string, json: object, other: object): Make =>
  async (world) => {
    const { organizations } = world;
    const { ada, org, platform, stowage } = organizations;
    const as = ownerType === 'message' ? platform : ada.as;
    const more = ownerType === 'message' ? { userId: ada.userId } : {};
    const offer = (await stowage.ok('POST', `/organizations/${org}/uploads/presign`, {
      ...as,
      json: { ownerType, mimeType: 'image/jpeg', fileSize: 20, ...more },
    })) as Offer;
    await put(offer, Buffer.alloc(20, 1));
    return withJson('POST', path, ada.as, { uploadIds: [offer.uploadId], ...json }, other)(world);
  };

const admin = ({ organizations }: World): CallOptions => ({ token: organizations.stowage.dev.adminToken });

async function staged({ organizations: { stowage }, app, photo }: World): Promise<string> {
  const body = formOf({ bytes: photo });
  const answer = await stowage.ok('POST', `${app.setup}/stage`, { token: app.userToken, body });
  return (answer as { file: { id: string } }).file.id;
}

const claiming = (world: World, fileId: string) => ({
  path: `/platform/extensions/${world.app.appId}/claims`,
  json: {
    userId: world.app.userId,
    target: { type: 'lock', id: world.app.lockId },
    config: { image: { provider: 'chastify_storage', fileId } },
  },
});

/** Every route that creates or consumes something. */
export const repeatables: Partial<Record<EndpointName, Make>> = {
  'admin/developer-keys-create': async (world) => ({
    ...withJson('POST', `${world.app.admin}/developer-keys`, admin(world), { label: 'a' }, { label: 'b' })(world),
    essence: ({ label }: { label: string }) => label,
  }),
  'admin/file-storage-put': async (world) =>
    withJson(
      'PUT',
      `${world.app.admin}/file-storage`,
      admin(world),
      { maxImageEdge: 2000 },
      { maxImageEdge: 2001 },
    )(world),
  'admin/uploads-settings-put': async (world) =>
    withJson('PUT', '/admin/uploads/settings', admin(world), { graceSeconds: 1000 }, { graceSeconds: 1001 })(world),
  'extensions/session-files-presign': presigning(({ app }) => `${app.files}/presign`, backend),
  'extensions/session-files-upload': sending(({ app }) => app.files, backend),
  'extensions/session-state-put': async (world) => {
    const path = `/api/extensions/sessions/${world.app.sessionId}/state`;
    return withJson('PUT', path, backend(world), { state: { a: 1 } }, { state: { a: 2 } })(world);
  },
  'extensions/setup-files-presign': presigning(
    ({ app }) => `${app.setup}/presign`,
    ({ app }) => ({ token: app.userToken }),
  ),
  'extensions/setup-files-stage': sending(
    ({ app }) => `${app.setup}/stage`,
    ({ app }) => ({ token: app.userToken }),
  ),
  'organizations/exercise-comments-create': parent(
    '/exercise-comments',
    'exercise_comment',
    { text: 'a' },
    { text: 'b' },
  ),
  'organizations/logo-upload': async (world) => {
    const { org, ada } = world.organizations;
    return withJson('POST', `/organizations/${org}/logo`, ada.as, declared, { fileSize: 21 })(world);
  },
  'organizations/messages-create': parent('/messages', 'message', { text: 'a' }, { text: 'b' }),
  'organizations/minisite-assets': async (world) => {
    const { org, ada } = world.organizations;
    return withJson('POST', `/organizations/${org}/minisite/assets`, ada.as, declared, { fileSize: 21 })(world);
  },
  'organizations/minisite-content-put': async (world) => {
    const { org, ada } = world.organizations;
    const path = `/organizations/${org}/minisite/content`;
    return withJson('PUT', path, ada.as, { content: { title: 'a' } }, { content: { title: 'b' } })(world);
  },
  'organizations/progress-photos-create': parent('/progress-photos', 'progress_photo', { note: 'a' }, { note: 'b' }),
  'organizations/signature-upload': async (world) => {
    const { org, platform, stowage } = world.organizations;
    const path = `/platform/organizations/${org}/forms/form/signature-tokens`;
    const { token } = (await stowage.ok('POST', path, { ...platform, json: {} })) as { token: string };
    return withJson(
      'POST',
      `/forms/by-token/${token}/signature-upload`,
      {},
      { sizeBytes: 20 },
      { sizeBytes: 21 },
    )(world);
  },
  'organizations/uploads-presign': async (world) => {
    const { org, ada } = world.organizations;
    const json = { ownerType: 'progress_photo', ...declared };
    return withJson('POST', `/organizations/${org}/uploads/presign`, ada.as, json, { fileSize: 21 })(world);
  },
  'organizations/workout-media-upload': async (world) => {
    const { org, ada } = world.organizations;
    return withJson('POST', `/organizations/${org}/workouts/w/media`, ada.as, declared, { fileSize: 21 })(world);
  },
  'platform/claims-create': async (world) => {
    const { path, json } = claiming(world, await staged(world));
    return withJson('POST', path, world.organizations.platform, json, { config: {} })(world);
  },
  'platform/claims-roll-back': async (world) => {
    const { platform, stowage } = world.organizations;
    const { path, json } = claiming(world, await staged(world));
    const { claimId } = (await stowage.ok('POST', path, { ...platform, json })) as { claimId: string };
    const rollBack = `/platform/extensions/claims/${claimId}`;
    return { onlyOne: true, send: (headers) => stowage.call('DELETE', rollBack, { ...platform, headers }) };
  },
  'platform/compliance-documents-create': async ({ organizations: { stowage, org, platform } }) => ({
    send: (headers, content) =>
      stowage.call('POST', `/platform/organizations/${org}/compliance-documents`, {
        ...platform,
        headers,
        body: formOf(
          { bytes: Buffer.from('%PDF-1.7\n%%EOF'), name: 'a.pdf', type: 'application/pdf' },
          { formId: content },
        ),
      }),
  }),
  'platform/compliance-documents-upload': async (world) => {
    const { org, platform } = world.organizations;
    const path = `/platform/organizations/${org}/compliance-documents/upload`;
    return withJson('POST', path, platform, { sizeBytes: 20 }, { sizeBytes: 21 })(world);
  },
  'platform/exports-create': async ({ organizations: { stowage, org, platform } }) => ({
    send: (headers, content) =>
      stowage.call('POST', `/platform/organizations/${org}/exports/job`, {
        ...platform,
        headers: { ...headers, 'content-type': 'text/csv' },
        body: `a,b\n${content},1\n`,
      }),
  }),
  'platform/exports-upload': async (world) => {
    const { org, platform } = world.organizations;
    const path = `/platform/organizations/${org}/exports/job/upload`;
    return withJson('POST', path, platform, { sizeBytes: 20 }, { sizeBytes: 21 })(world);
  },
  'platform/lifecycle-events': async (world) => {
    const json = { eventId: 'event', type: 'lock.deleted', lockId: 'nobody-1' };
    return withJson('POST', '/platform/lifecycle-events', world.organizations.platform, json, { lockId: 'nobody-2' })(
      world,
    );
  },
  'platform/members-put': async (world) => {
    const { org, platform } = world.organizations;
    const path = `/platform/organizations/${org}/members/somebody`;
    return withJson('PUT', path, platform, { status: 'active' }, { status: 'inactive' })(world);
  },
  'platform/signature-tokens-create': async (world) => {
    const { org, platform } = world.organizations;
    const path = `/platform/organizations/${org}/forms/form/signature-tokens`;
    const made = withJson('POST', path, platform, { expiresInSeconds: 3600 }, { expiresInSeconds: 3601 })(world);
    return { ...made, essence: ({ token }: { token: string }) => token.length };
  },
  'uploads/presign': presigning(
    () => '/v1/upload/presign',
    ({ app }) => ({ token: app.userToken }),
  ),
  'uploads/upload-private': async (world) => {
    const made = await sending(
      () => '/v1/upload/private',
      ({ app }) => ({ token: app.userToken }),
    )(world);
    return { ...made, send: (headers, content) => sendCoin(world, '/v1/upload/private', headers, content) };
  },
  'uploads/upload-public': async (world) => ({
    send: (headers, content) => sendCoin(world, '/v1/upload', headers, content),
  }),
};

const sendCoin = (
  { organizations: { stowage }, app, photo }: World,
  path: string,
  headers: Record<string, string>,
  coinName: string,
) => stowage.call('POST', path, { token: app.userToken, headers, body: formOf({ bytes: photo }, { coinName }) });
