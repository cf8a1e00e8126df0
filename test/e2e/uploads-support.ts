/** What an acceptance test of the uploads API knows: the contract's examples, a user, and what there is to call. */
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect } from 'vitest';
import { markerPrefix } from '#core/files/ids.ts';
import { type CallOptions, formOf, openCloud } from './support.ts';

/** What the contract prints, word for word (docs/contract.md, "Uploads"). */
export const seedUpload = {
  status: 'success',
  message: 'file Uploaded Successfully',
  data: {
    name: 'public/680b8f5b03127a4fd7110e38/ac5af6e7-08f2-42d0-9900-fdb729c82951.png',
    uploaded_by: '680b8f5b03127a4fd7110e38',
    type: 'image/png',
    size: '383373',
    bucket: 'chainsite-dev-storage',
    url: 'https://d2m11zsaax1wy8.cloudfront.net/public/680b8f5b03127a4fd7110e38/ac5af6e7-08f2-42d0-9900-fdb729c82951.png',
    meta: { originalName: '80:20 rule.png' },
    status: true,
    deletedAt: null,
    _id: '68123dd4aa855ca20cdf6471',
    createdAt: '2025-04-30T15:12:20.054Z',
    updatedAt: '2025-04-30T15:12:20.054Z',
    __v: 0,
  },
};
const { _id, createdAt, updatedAt, __v, ...rest } = seedUpload.data;
const seedFile = { _id, ...rest, createdAt, updatedAt, __v };
export const seedDetails = { status: 'success', message: 'Success', data: seedFile };
export const seedList = { status: 'success', message: 'OK', data: { count: 2, pages: 2, data: [seedFile] } };

export type Json = Record<string, unknown>;

export interface Upload extends Json {
  _id: string;
  name: string;
  url: string;
  bucket: string;
  createdAt: string;
}

export const user = '680b8f5b03127a4fd7110e38';
export const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';

/** One pixel. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Same fields in the same order, each of the same type, whatever their values. */
export function expectShape(actual: unknown, example: unknown, path = 'answer'): void {
  if (typeof example !== 'object' || example === null) {
    expect(example === null ? actual : typeof actual, path).toBe(example === null ? null : typeof example);
    return;
  }
  if (Array.isArray(example)) {
    for (const item of actual as unknown[]) expectShape(item, example[0], `${path}[]`);
    return;
  }
  expect(Object.keys(actual as object), path).toEqual(Object.keys(example));
  for (const [name, value] of Object.entries(example)) expectShape((actual as Json)[name], value, `${path}.${name}`);
}

export const dataOf = (answer: { body: unknown }) => (answer.body as { data: Upload }).data;

export const listOf = (answer: { body: unknown }) =>
  (answer.body as { data: { count: number; pages: number; data: Upload[]; cursor?: string } }).data;

type Opened = Awaited<ReturnType<typeof openCloud>>;

/** One cloud for a test file, called as `user` unless another token is given. */
export function uploadsCloud() {
  let opened: Opened | undefined;
  let token = '';
  beforeAll(async () => {
    opened = await openCloud();
    token = await opened.stowage.token({ token_use: 'user', sub: user });
  });
  afterAll(() => opened?.close());

  const it = () => {
    if (opened === undefined) throw new Error('The cloud is not open yet');
    return opened;
  };
  const call = (method: string, path: string, options: CallOptions = {}) =>
    it().stowage.call(method, path, { token, ...options });
  const post = (path: string, file: Parameters<typeof formOf>[0], fields = {}, as = token) =>
    call('POST', path, { token: as, body: formOf(file, fields) });

  return {
    it,
    call,
    post,
    get: (path: string, as = token) => call('GET', path, { token: as }),
    admin: (method: string, json?: Json) =>
      call(method, '/admin/uploads/settings', { token: it().stowage.dev.adminToken, json }),
    newUser: (name: string) => it().stowage.token({ token_use: 'user', sub: name }),

    /** The example's picture, uploaded. */
    async stored(path = '/v1/upload', fields = {}, as = token): Promise<Upload> {
      const answer = await post(path, { bytes: png, name: '80:20 rule.png', type: 'image/png' }, fields, as);
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return dataOf(answer);
    },

    /** Every object of both buckets. */
    async keys(): Promise<string[]> {
      const { endpoint, accessKeyId, secretAccessKey, bucket, publicBucket } = it().stowage.dev.r2;
      const credentials = { accessKeyId, secretAccessKey };
      const s3 = new S3Client({ endpoint, region: 'auto', forcePathStyle: true, credentials });
      const lists = await Promise.all(
        [bucket, publicBucket].map((Bucket) => s3.send(new ListObjectsV2Command({ Bucket }))),
      );
      s3.destroy();
      const keys = lists.flatMap(({ Contents = [] }) => Contents.map(({ Key = '' }) => Key));
      return keys.filter((key) => !key.startsWith(markerPrefix)).sort();
    },
  };
}
