/**
 * What an acceptance test knows of a running Stowage: its dev.json and HTTP. By default each file starts a one-machine
 * cloud of its own; with STOWAGE_DEV_FILE set to the dev.json of a running `npm start`, the same tests run against that.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { markerPrefix } from '#core/files/ids.ts';
import { type CloudOptions, type DevFile, startCloud } from '#local/cloud.ts';
import type { DrainReport } from '#local/drain.ts';
import { loadFromEnv } from '#local/dynamo/load.ts';
import { atExit } from '#test/support/at-exit.ts';
import { complaintOf, refusedInVain } from '#test/support/documented.ts';

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed when the body is JSON. */
  body: unknown;
}

export interface CallOptions {
  token?: string | undefined;
  headers?: Record<string, string> | undefined;
  json?: unknown;
  body?: string | Uint8Array<ArrayBuffer> | FormData | undefined;
}

export type Stowage = ReturnType<typeof connect>;

/**
 * A one-machine cloud, or the running one STOWAGE_DEV_FILE names. Without settings of its own a suite gets the one that the
 * suite before it in this process had, with what that left there: as in a cloud that others use too.
 */
export async function openStowage(options?: CloudSettings): Promise<Stowage & { close(): Promise<void> }> {
  const running = process.env.STOWAGE_DEV_FILE;
  if (running) return { ...connect(JSON.parse(readFileSync(running, 'utf8'))), close: async () => undefined };
  if (options === undefined) return await openShared();
  const { cloud, close } = await openCloud(options);
  return { ...connect(cloud.dev), close };
}

/** Suites that follow each other on one cloud; what they leave makes its schedules slower. */
const suitesPerCloud = 8;

let shared: { opened: ReturnType<typeof openCloud>; suites: number } | undefined;

async function openShared() {
  if (shared === undefined) {
    const opened = openCloud();
    shared = { opened, suites: 0 };
    atExit(async () => await (await opened).close());
  }
  const { opened } = shared;
  shared.suites += 1;
  const { cloud, close } = await opened;
  const isLast = shared.suites >= suitesPerCloud;
  if (isLast) shared = undefined;
  return { ...connect(cloud.dev), close: async () => (isLast ? await close() : undefined) };
}

type CloudSettings = Omit<CloudOptions, 'dir'>;

/** A one-machine cloud whose parts a test may break and whose round trips it may count. */
export async function openCloud(options: CloudSettings = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'stowage-e2e-'));
  const cloud = await startCloud({ dynamoLoad: loadFromEnv(process.env), freeze: true, ...options, dir });
  const close = async () => {
    await cloud.close();
    rmSync(dir, { recursive: true, force: true });
  };
  return { dir, cloud, stowage: connect(cloud.dev), close };
}

/** The API behind a dev.json. */
export function connect(dev: DevFile) {
  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { token, headers = {}, json } = options;
    const response = await fetch(`${dev.baseUrl}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: json === undefined ? (options.body ?? null) : JSON.stringify(json),
    });
    const answer = await read(response);
    const refused = answer.status < 300 ? refusedInVain(method, path, { json }) : undefined;
    const complaint = complaintOf(method, path, answer) ?? (refused && `it would not take ${refused}`);
    if (complaint !== undefined) {
      throw new Error(`${method} ${path}: not as client/openapi.json says: ${complaint}: ${JSON.stringify(answer)}`);
    }
    return answer;
  }

  async function ok(method: string, path: string, options: CallOptions = {}): Promise<unknown> {
    const answer = await call(method, path, options);
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  }

  const token = async (claims: Record<string, unknown>) =>
    ((await ok('POST', '/__local/tokens', { json: claims })) as { token: string }).token;

  let apps = 0;
  return {
    dev,
    call,
    ok,
    token,
    drain: async () => (await ok('POST', '/__local/drain')) as DrainReport,

    /** Keys of the files in the private bucket: all but the mark of the table it belongs to. */
    async bucketKeys(): Promise<string[]> {
      const { endpoint, accessKeyId, secretAccessKey } = dev.r2;
      const credentials = { accessKeyId, secretAccessKey };
      const s3 = new S3Client({ endpoint, region: 'auto', forcePathStyle: true, credentials });
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: dev.r2.bucket }));
      s3.destroy();
      return Contents.map(({ Key }) => Key ?? '').filter((key) => !key.startsWith(markerPrefix));
    },

    /** An app of its own, enabled, with a developer key, a session and a user, so that no test meets another's files. */
    async app(settings: Record<string, unknown> = {}): Promise<TestApp> {
      apps += 1;
      const name = `${Date.now().toString(36)}-${process.pid}-${apps}`;
      const ids = {
        appId: `app-${name}`,
        userId: `user-${name}`,
        sessionId: `session-${name}`,
        lockId: `lock-${name}`,
      };
      const { appId, userId: sub, sessionId, lockId } = ids;
      const admin = { token: dev.adminToken };
      const [created, userToken, sessionToken] = await Promise.all([
        ok('POST', `/admin/extensions/apps/${appId}/developer-keys`, { ...admin, json: { label: 'test' } }),
        token({ token_use: 'user', sub }),
        token({ token_use: 'session', sub, appId, sessionId, lockId }),
        ok('PUT', `/admin/extensions/apps/${appId}/file-storage`, { ...admin, json: { enabled: true, ...settings } }),
      ]);
      const { key, keyId } = created as { key: string; keyId: string };
      return { ...ids, key, keyId, userToken, sessionToken, ...pathsOf(ids) };
    },
  };
}

export interface TestApp {
  appId: string;
  userId: string;
  sessionId: string;
  lockId: string;
  key: string;
  keyId: string;
  userToken: string;
  sessionToken: string;
  /** Where the session's files are. */
  files: string;
  /** Where the files of the app's setup screens are. */
  setup: string;
  admin: string;
}

export const pathsOf = ({ appId, sessionId }: { appId: string; sessionId: string }) => ({
  files: `/api/extensions/sessions/${sessionId}/files`,
  setup: `/api/extensions/apps/${appId}/files`,
  admin: `/admin/extensions/apps/${appId}`,
});

/** An extension's backend: developer key and session token. */
export const asBackend = ({ key, sessionToken }: Pick<TestApp, 'key' | 'sessionToken'>): CallOptions => ({
  token: key,
  headers: { 'x-chastify-main-token': sessionToken },
});

/** A first-party page: the session token alone. */
export const asPage = ({ sessionToken }: Pick<TestApp, 'sessionToken'>): CallOptions => ({ token: sessionToken });

export const asUser = ({ userToken }: Pick<TestApp, 'userToken'>): CallOptions => ({ token: userToken });

export interface FormFile {
  bytes: Uint8Array;
  name?: string;
  type?: string;
}

/** The form of an upload: the file and its text fields. */
export function formOf({ bytes, name = 'photo.jpg', type = 'image/jpeg' }: FormFile, fields = {}): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries<string>(fields)) form.set(field, value);
  form.set('file', new Blob([new Uint8Array(bytes)], { type }), name);
  return form;
}

/** Uploads into the app's session as its backend. */
export async function upload(
  stowage: Stowage,
  app: TestApp,
  file: FormFile,
  { fields = {}, headers = {} }: { fields?: Record<string, string>; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const caller = asBackend(app);
  const body = formOf(file, fields);
  return await stowage.call('POST', app.files, { ...caller, headers: { ...caller.headers, ...headers }, body });
}

/** Stages in the app's setup screen as its user. */
export async function stage(stowage: Stowage, app: TestApp, file: FormFile, fields = {}): Promise<Answer> {
  return await stowage.call('POST', `${app.setup}/stage`, { ...asUser(app), body: formOf(file, fields) });
}

/** Values as rows of a table, with a beginning short enough for the test's title. */
export const titled = (values: readonly string[]) => values.map((value) => [value.slice(0, 30), value] as const);

/** Tries until `check` passes: for what the contract allows an instance to learn late. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await check();
    } catch (error) {
      if (attempt >= 60) throw error;
      await sleep(100);
    }
  }
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: isJson && text !== '' ? JSON.parse(text) : text };
}
