import type { EndpointName } from '#functions/routes.ts';
import type { World } from './idempotency-routes.ts';
import { type Offer, put } from './organization-support.ts';
import { type Answer, asBackend, asPage, asUser, type CallOptions, formOf } from './support.ts';

/** A request that succeeds, of each route that is not among those that are sent again (idempotency-routes.ts). */
type Ask = (world: World) => Promise<Answer>;

const as = {
  admin: ({ organizations }: World): CallOptions => ({ token: organizations.stowage.dev.adminToken }),
  ada: ({ organizations }: World): CallOptions => organizations.ada.as,
  platform: ({ organizations }: World): CallOptions => organizations.platform,
  backend: ({ app }: World) => asBackend(app),
  page: ({ app }: World) => asPage(app),
  user: ({ app }: World) => asUser(app),
};
type Who = keyof typeof as;

const call = (world: World, who: Who, method: string, path: string, more: CallOptions = {}) =>
  world.organizations.stowage.call(method, path, { ...as[who](world), ...more });

const got =
  (who: Who, path: (world: World) => string): Ask =>
  (world) =>
    call(world, who, 'GET', path(world));

/** The body of a step on the way, which has to succeed. */
async function step<T>(world: World, who: Who, method: string, path: string, more: CallOptions = {}): Promise<T> {
  return (await world.organizations.stowage.ok(method, path, { ...as[who](world), ...more })) as T;
}

const inOrganization = (world: World, rest: string) => `/organizations/${world.organizations.org}${rest}`;
const onPlatform = (world: World, rest: string) => `/platform/organizations/${world.organizations.org}${rest}`;

async function stored(world: World): Promise<string> {
  const more = { ...as.backend(world), body: formOf({ bytes: world.photo }) };
  return (await step<{ file: { id: string } }>(world, 'backend', 'POST', world.app.files, more)).file.id;
}

async function staged(world: World): Promise<string> {
  const more = { body: formOf({ bytes: world.photo }) };
  return (await step<{ file: { id: string } }>(world, 'user', 'POST', `${world.app.setup}/stage`, more)).file.id;
}

async function sent(world: World, who: Who, path: string): Promise<{ json: { uploadId: string } }> {
  const json = { filename: 'a.jpg', mimeType: 'image/jpeg', sizeBytes: world.photo.byteLength };
  const answer = await step<Offer & { data?: Offer }>(world, who, 'POST', path, { json });
  const offer = answer.data ?? answer;
  await put(offer, world.photo);
  return { json: { uploadId: offer.uploadId } };
}

async function uploaded(world: World): Promise<string> {
  const more = { body: formOf({ bytes: world.photo }) };
  return (await step<{ data: { _id: string } }>(world, 'user', 'POST', '/v1/upload', more)).data._id;
}

async function document(world: World): Promise<string> {
  const body = formOf({ bytes: Buffer.from('%PDF-1.7\n%%EOF'), name: 'a.pdf', type: 'application/pdf' });
  const made = await step<{ document: { id: string } }>(
    world,
    'platform',
    'POST',
    onPlatform(world, '/compliance-documents'),
    { body },
  );
  return onPlatform(world, `/compliance-documents/${made.document.id}`);
}

/** Media of a workout, presigned, PUT and kept. */
async function media(world: World): Promise<{ key: string; uploadId: string; path: string }> {
  const path = inOrganization(world, '/workouts/w/media');
  const json = { mimeType: 'image/jpeg', fileSize: world.photo.byteLength };
  const offer = await step<Offer>(world, 'ada', 'POST', path, { json });
  await put(offer, world.photo);
  const { uploadId } = offer;
  const kept = await step<{ media: { key: string } }>(world, 'ada', 'POST', path, { json: { uploadId } });
  return { key: kept.media.key, uploadId, path };
}

/** A comment or a message of a text alone. */
async function written(world: World, path: string): Promise<string> {
  const json = { text: 'a', organizationId: world.organizations.org };
  return `${path}/${(await step<{ id: string }>(world, 'ada', 'POST', path, { json })).id}`;
}

async function logo(world: World): Promise<string> {
  const path = inOrganization(world, '/logo');
  const json = { mimeType: 'image/jpeg', fileSize: world.photo.byteLength };
  await put(await step<Offer>(world, 'ada', 'POST', path, { json }), world.photo);
  return path;
}

async function publish(world: World, rest: string): Promise<string> {
  const json = { content: { title: 'a' }, public: true };
  await step(world, 'ada', 'PUT', inOrganization(world, '/minisite/content'), { json });
  return inOrganization(world, rest);
}

export const readings: Partial<Record<EndpointName, Ask>> = {
  'admin/app-files-delete': async (world) =>
    call(world, 'admin', 'DELETE', `${world.app.admin}/files/${await stored(world)}`),
  'admin/app-files-get': async (world) =>
    call(world, 'admin', 'GET', `${world.app.admin}/files/${await stored(world)}`),
  'admin/app-files-list': async (world) => {
    await stored(world);
    return await call(world, 'admin', 'GET', `${world.app.admin}/files?limit=1`);
  },
  'admin/app-usage': got('admin', ({ app }) => `${app.admin}/usage?by=day`),
  'admin/apps-list': got('admin', () => '/admin/extensions/apps?limit=1'),
  'admin/audit-list': got('admin', ({ app }) => `/admin/audit?limit=1&appId=${app.appId}`),
  'admin/dead-letters-list': got('admin', () => '/admin/dead-letters'),
  'admin/dead-letters-look': got('admin', () => '/admin/dead-letters/cleanup/messages'),
  'admin/dead-letters-redrive': async (world) => call(world, 'admin', 'POST', '/admin/dead-letters/cleanup/redrive'),
  'admin/organization-uploads-list': async (world) => {
    await document(world);
    return await call(world, 'admin', 'GET', `/admin/organizations/${world.organizations.org}/uploads?limit=1`);
  },
  'admin/organization-uploads-delete': async (world) => {
    const { uploadId } = await media(world);
    return await call(world, 'admin', 'DELETE', `/admin/organizations/${world.organizations.org}/uploads/${uploadId}`);
  },
  'admin/reconcile-reports': async (world) => {
    await step(world, 'admin', 'POST', '/admin/reconcile', { json: { dryRun: false } });
    return await call(world, 'admin', 'GET', '/admin/reconcile/reports?limit=1');
  },
  'admin/uploads-delete': async (world) => call(world, 'admin', 'DELETE', `/admin/uploads/${await uploaded(world)}`),
  'admin/uploads-list': async (world) => {
    await uploaded(world);
    return await call(world, 'admin', 'GET', `/admin/uploads?limit=1&ownerId=${world.app.userId}`);
  },
  'admin/developer-keys-list': got('admin', ({ app }) => `${app.admin}/developer-keys`),
  'admin/developer-keys-revoke': async (world) => {
    const path = `${world.app.admin}/developer-keys`;
    const { keyId } = await step<{ keyId: string }>(world, 'admin', 'POST', path, { json: { label: 'old' } });
    return await call(world, 'admin', 'DELETE', `${path}/${keyId}`);
  },
  'admin/file-storage-get': got('admin', ({ app }) => `${app.admin}/file-storage`),
  'admin/reconcile': (world) => call(world, 'admin', 'POST', '/admin/reconcile', { json: { dryRun: true } }),
  'admin/health': got('admin', () => '/admin/health'),
  'admin/uploads-settings-get': got('admin', () => '/admin/uploads/settings'),
  'extensions/session-capabilities': got('page', ({ app }) => `${app.files}/capabilities`),
  'extensions/session-files-complete': async (world) => {
    const { json } = await sent(world, 'backend', `${world.app.files}/presign`);
    return await call(world, 'backend', 'POST', `${world.app.files}/complete`, { ...as.backend(world), json });
  },
  'extensions/session-files-delete': async (world) =>
    call(world, 'backend', 'DELETE', `${world.app.files}/${await stored(world)}`),
  'extensions/session-files-get': async (world) =>
    call(world, 'page', 'GET', `${world.app.files}/${await stored(world)}`),
  'extensions/session-files-list': got('page', ({ app }) => `${app.files}?limit=1`),
  'extensions/session-state-get': got('page', ({ app }) => `/api/extensions/sessions/${app.sessionId}/state`),
  'extensions/setup-capabilities': got('user', ({ app }) => `${app.setup}/capabilities`),
  'extensions/setup-files-complete': async (world) =>
    call(world, 'user', 'POST', `${world.app.setup}/complete`, await sent(world, 'user', `${world.app.setup}/presign`)),
  'extensions/setup-files-get': async (world) =>
    call(world, 'user', 'GET', `${world.app.setup}/${await staged(world)}`),
  'extensions/setup-files-staged-delete': async (world) =>
    call(world, 'user', 'DELETE', `${world.app.setup}/staged/${await staged(world)}`),
  'extensions/setup-files-staged-list': async (world) => {
    await staged(world);
    return await call(world, 'user', 'GET', `${world.app.setup}/staged?limit=1`);
  },
  'organizations/exercise-comments-delete': async (world) =>
    call(world, 'ada', 'DELETE', await written(world, '/exercise-comments')),
  'organizations/exercise-comments-list': got('ada', () => '/exercise-comments?limit=1'),
  'organizations/export-url': async (world) => {
    const more = { headers: { 'content-type': 'text/csv' }, body: 'a,b\n' };
    await step(world, 'platform', 'POST', onPlatform(world, '/exports/read'), more);
    return await call(world, 'ada', 'GET', inOrganization(world, '/exports/read/url'));
  },
  'organizations/logo-get': async (world) => call(world, 'ada', 'GET', await logo(world)),
  'organizations/messages-delete': async (world) => call(world, 'ada', 'DELETE', await written(world, '/messages')),
  'organizations/messages-list': got('ada', () => '/messages?limit=1'),
  'organizations/minisite-content-get': async (world) =>
    call(world, 'ada', 'GET', await publish(world, '/minisite/content')),
  'organizations/minisite-visit': async (world) => {
    const path = await publish(world, '/minisite');
    return await world.organizations.stowage.call('GET', path);
  },
  'organizations/progress-photos-delete': async (world) => {
    const json = { uploadIds: [await world.organizations.uploaded()] };
    const { id } = await step<{ id: string }>(world, 'ada', 'POST', '/progress-photos', { json });
    return await call(world, 'ada', 'DELETE', `/progress-photos/${id}`);
  },
  'organizations/progress-photos-list': got('ada', () => '/progress-photos?limit=1'),
  'organizations/uploads-delete': async (world) =>
    call(world, 'ada', 'DELETE', inOrganization(world, `/uploads/${await world.organizations.uploaded()}`)),
  'organizations/workout-media-delete': async (world) => {
    const { path, uploadId } = await media(world);
    return await call(world, 'ada', 'DELETE', `${path}/${uploadId}`);
  },
  'organizations/workout-media-urls': async (world) => {
    const { path, key } = await media(world);
    return await call(world, 'ada', 'POST', `${path}/urls`, { json: { keys: [key, `${key}x`] } });
  },
  'platform/compliance-documents-get': async (world) => call(world, 'platform', 'GET', await document(world)),
  'platform/compliance-documents-list': got('platform', (world) => onPlatform(world, '/compliance-documents?limit=1')),
  'uploads/complete': async (world) =>
    call(world, 'user', 'POST', '/v1/upload/complete', await sent(world, 'user', '/v1/upload/presign')),
  'uploads/delete': async (world) => call(world, 'user', 'DELETE', `/v1/upload/${await uploaded(world)}`),
  'uploads/get': async (world) => call(world, 'user', 'GET', `/v1/upload/${await uploaded(world)}`),
  'uploads/list': got('user', () => '/v1/upload/?limit=1&cursor='),
  'uploads/parts': async (world) => {
    const json = { filename: 'film.bin', sizeBytes: 12_000_000, parts: true };
    const made = await step(world, 'user', 'POST', '/v1/upload/presign', { json });
    const { uploadId } = (made as { data: { uploadId: string } }).data;
    return await call(world, 'user', 'POST', `/v1/upload/${uploadId}/parts`, { json: { numbers: [3, 1] } });
  },
  'uploads/restore': async (world) => {
    const path = `/v1/upload/${await uploaded(world)}`;
    await step(world, 'user', 'DELETE', path);
    return call(world, 'user', 'POST', `${path}/restore`);
  },
  'uploads/url': async (world) => call(world, 'user', 'GET', `/v1/upload/url/${await uploaded(world)}`),
};

/** Routes whose success cannot be had in a test, and why. */
export const unreachable: Partial<Record<EndpointName, string>> = {
  'platform/compliance-documents-delete': 'a document is kept for seven years',
  'platform/scans-get': 'scanning is off unless a deploy turns it on; scans.test.ts does',
  'platform/scans-verdict': 'likewise',
};
