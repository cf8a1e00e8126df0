import { request } from 'node:http';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectError } from '#test/e2e/expectations.ts';
import { type Offer, photo, put } from '#test/e2e/organization-support.ts';
import { type Answer, type CallOptions, formOf, openStowage } from '#test/e2e/support.ts';

/** Ids that once were one segment of a key, and ids that look like paths, sent as no client that folds paths can send them. */
let stowage: Awaited<ReturnType<typeof openStowage>>;
beforeAll(async () => {
  stowage = await openStowage();
});
afterAll(() => stowage.close());

/** The path goes out to the letter: fetch would fold `..` away, `%2e%2e` too. */
async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { token, json, body = json === undefined ? undefined : JSON.stringify(json) } = options;
  const type = json === undefined ? 'text/csv' : 'application/json';
  const headers = { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': type }) };
  return await new Promise((resolve, reject) => {
    const { hostname, port } = new URL(stowage.dev.baseUrl);
    const sent = request({ hostname, port, method, path, headers }, async (response) => {
      const chunks = await response.toArray();
      const text = Buffer.concat(chunks).toString();
      const isJson = response.headers['content-type']?.includes('json') === true;
      resolve({
        status: response.statusCode ?? 0,
        headers: new Headers(response.headers as Record<string, string>),
        body: isJson ? JSON.parse(text) : text,
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function ok(method: string, path: string, options: CallOptions = {}): Promise<unknown> {
  const answer = await call(method, path, options);
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
  return answer.body;
}

const platform = (): CallOptions => ({ token: stowage.dev.platformToken });

/** A member of this organization and of no other. */
async function memberOf(orgId: string, sub = `member-${crypto.randomUUID()}`): Promise<CallOptions> {
  const as = { token: await stowage.token({ token_use: 'user', sub }) };
  await ok('PUT', `/platform/organizations/${orgId}/members/${sub}`, { ...platform(), json: { status: 'active' } });
  return as;
}

const storeCsv = (orgId: string, jobId: string, body: string) =>
  call('POST', `/platform/organizations/${orgId}/exports/${jobId}`, { ...platform(), body });
const exportUrl = (orgId: string, jobId: string, as: CallOptions) =>
  call('GET', `/organizations/${orgId}/exports/${jobId}/url`, as);

async function download(answer: Answer): Promise<string> {
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return await (await fetch((answer.body as { url: string }).url)).text();
}

const lookAlikes = [
  ['.', '_'],
  ['..', '__'],
  ['...', '___'],
  ['..', ':2e:2e'],
  ['a.b', 'a_b'],
  ['ORG', 'org'],
  ['x@y', 'x|y'],
] as const;

describe.each(lookAlikes)('the organizations %s and %s', (one, other) => {
  it('have exports of their own, which only their members download', async () => {
    const job = `job-${crypto.randomUUID()}`;
    const [insider, outsider] = [await memberOf(one), await memberOf(other)];
    expect((await storeCsv(one, job, 'of the one')).status).toBe(201);
    expectError(await exportUrl(other, job, outsider), 404, 'not_found');
    expectError(await exportUrl(one, job, outsider), 403, 'not_active_member');
    expect((await storeCsv(other, job, 'of the other')).status).toBe(201);
    expect(await download(await exportUrl(one, job, insider))).toBe('of the one');
    expect(await download(await exportUrl(other, job, outsider))).toBe('of the other');
  });

  it('have media of workouts of their own', async () => {
    const [workout, outsider] = [`w-${crypto.randomUUID()}`, await memberOf(other)];
    const urls = (orgId: string, key: string, as: CallOptions) =>
      call('POST', `/organizations/${orgId}/workouts/${workout}/media/urls`, { ...as, json: { keys: [key] } });
    const segments = [one, one.replaceAll('.', '_'), one.replaceAll('.', '~2E'), one.replaceAll('.', '%2E')];
    for (const segment of segments.filter((written) => written !== other)) {
      expectError(await urls(other, `workouts/${segment}/${workout}/squat.jpg`, outsider), 404, 'not_found');
    }
  });

  it('have logos of their own', async () => {
    const [insider, outsider] = [await memberOf(one), await memberOf(other)];
    const declared = { mimeType: 'image/png', fileSize: photo.byteLength };
    const offer = (await ok('POST', `/organizations/${one}/logo`, { ...insider, json: declared })) as Offer;
    expect(await put(offer)).toBe(200);
    const complete = { json: { uploadId: offer.uploadId } };
    const taken = await call('POST', `/organizations/${other}/logo`, { ...outsider, ...complete });
    expectError(taken, 400, 'upload_not_found');
    expectError(await call('GET', `/organizations/${other}/logo`, outsider), 404, 'not_found');
    const { logo } = (await ok('POST', `/organizations/${one}/logo`, { ...insider, ...complete })) as {
      logo: { key: string; url: string };
    };
    expect(logo.key.split('/')).toHaveLength(3);
    expect(Buffer.from(await (await fetch(logo.url)).arrayBuffer())).toEqual(photo);
  });
});

it('media of a workout of the organization .. open for its members, where the contract puts them', async () => {
  const { endpoint, accessKeyId, secretAccessKey, bucket } = stowage.dev.r2;
  const s3 = new S3Client({
    endpoint,
    region: 'auto',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const key = 'workouts/~2E~2E/~2E/squat.jpg';
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'squat' }));
  s3.destroy();
  const answer = await call('POST', '/organizations/../workouts/./media/urls', {
    ...(await memberOf('..')),
    json: { keys: [key] },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  const [link] = (answer.body as { urls: { url: string }[] }).urls;
  expect(await (await fetch(link?.url ?? '')).text()).toBe('squat');
});

it.each(lookAlikes)('the jobs %s and %s of one organization have a CSV each', async (one, other) => {
  const org = `org-${crypto.randomUUID()}`;
  const member = await memberOf(org);
  expect((await storeCsv(org, one, 'of the one')).status).toBe(201);
  expectError(await exportUrl(org, other, member), 404, 'not_found');
  expect((await storeCsv(org, other, 'of the other')).status).toBe(201);
  expect(await download(await exportUrl(org, one, member))).toBe('of the one');
  expect(await download(await exportUrl(org, other, member))).toBe('of the other');
});

it.each(lookAlikes)("the users %s and %s see nothing of each other's uploads", async (one, other) => {
  const [ones, others] = await Promise.all(
    [one, other].map(async (sub) => ({ token: await stowage.token({ token_use: 'user', sub }) })),
  );
  const body = formOf({ bytes: Buffer.from('a secret'), name: 'secret.txt' });
  const { data } = (await stowage.ok('POST', '/v1/upload/private', { ...ones, body })) as {
    data: { _id: string; name: string };
  };
  expect(data.name.split('/')).toHaveLength(3);
  for (const path of [`/v1/upload/${data._id}`, `/v1/upload/url/${data._id}`]) {
    expectError(await stowage.call('GET', path, others), 404, 'file_not_found');
  }
  expectError(await stowage.call('DELETE', `/v1/upload/${data._id}`, others), 404, 'file_not_found');
  const listed = (await stowage.ok('GET', '/v1/upload', others)) as { data: { data: { _id: string }[] } };
  expect(listed.data.data.map(({ _id }) => _id)).not.toContain(data._id);
  const { data: url } = (await stowage.ok('GET', `/v1/upload/url/${data._id}`, ones)) as { data: string };
  expect(await (await fetch(url)).text()).toBe('a secret');
});

describe('an id that is not to be part of a key', () => {
  it.each([
    ['a slash', 'a%2Fb'],
    ['a backslash', 'a%5Cb'],
    ['dots that are encoded twice', '%252e%252e'],
    ['what joins keys of the table', 'a%23b'],
    ['our own spelling of ..', '~2E~2E'],
    ['a control character', 'a%0Ab'],
    ['NUL', 'a%00'],
    ['a letter of two spellings', 'e%CC%81'],
    ['half of a character', '%C3'],
    ['a blank', '%20'],
    ['129 characters', 'x'.repeat(129)],
  ])('is refused everywhere: %s', async (_, id) => {
    const user = { token: stowage.dev.userToken };
    const before = await stowage.bucketKeys();
    expectError(await storeCsv(id, 'job', 'a,b'), 400, 'validation_failed');
    expectError(await storeCsv('org', id, 'a,b'), 400, 'validation_failed');
    expectError(await exportUrl(id, 'job', user), 400, 'validation_failed');
    expectError(await exportUrl('org', id, user), 400, 'validation_failed');
    expectError(await call('GET', `/organizations/${id}/logo`, user), 400, 'validation_failed');
    expectError(await call('GET', `/api/extensions/apps/${id}/files/capabilities`, user), 400, 'validation_failed');
    expect(await stowage.bucketKeys()).toEqual(before);
  });

  it('is no part of a token either', async () => {
    for (const sub of ['a/b', 'a#b', '~2E~2E', '', 'e\u0301', 'x'.repeat(129)]) {
      const token = await stowage.token({ token_use: 'user', sub });
      expectError(await stowage.call('GET', '/v1/upload', { token }), 401, 'unauthorized');
    }
  });

  it('is the same id however often its dots are percent-encoded for the way: once', async () => {
    const [job, member] = [`job-${crypto.randomUUID()}`, await memberOf('..')];
    expect((await storeCsv('..', job, 'a,b')).status).toBe(201);
    expect(await download(await exportUrl('%2e%2E', job, member))).toBe('a,b');
    expectError(await exportUrl('%252e%252E', job, member), 400, 'validation_failed');
  });
});
