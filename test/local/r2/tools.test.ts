import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ListObjectsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { R2Server } from '#local/r2/http.ts';
import { bucket, credentials, startedR2, temporaryFolder } from './support.ts';

/** A program as somebody types it, and its settings for a server. */
interface Tool {
  name: string;
  setUp(server: R2Server, dir: string): Promise<{ env: Record<string, string>; before: string[] }>;
  list(bucketName: string): string[];
  put(file: string, key: string): string[];
  get(key: string, file: string): string[];
  copy(from: string, to: string): string[];
  sync(folder: string, prefix: string): string[];
}

const { accessKeyId, secretAccessKey } = credentials;
const s3 = (key: string) => `s3://${bucket}/${key}`;
const remote = (key: string) => `r:${bucket}/${key}`;

const tools: Tool[] = [
  {
    name: 'aws',
    setUp: async ({ endpoint }) => ({
      env: {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_DEFAULT_REGION: 'auto',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      before: ['--endpoint-url', endpoint, 's3'],
    }),
    list: (name) => ['ls', `s3://${name}/tool/`],
    put: (file, key) => ['cp', file, s3(key)],
    get: (key, file) => ['cp', s3(key), file],
    copy: (from, to) => ['cp', s3(from), s3(to)],
    sync: (folder, prefix) => ['sync', folder, s3(prefix)],
  },
  {
    name: 's3cmd',
    async setUp({ port }, dir) {
      const host = `127.0.0.1:${port}`;
      const keys = [`access_key = ${accessKeyId}`, `secret_key = ${secretAccessKey}`];
      const places = [`host_base = ${host}`, `host_bucket = ${host}`, 'use_https = False', 'bucket_location = auto'];
      const file = join(dir, 's3cfg');
      await writeFile(file, ['[default]', ...keys, ...places, ''].join('\n'));
      return { env: {}, before: ['-c', file] };
    },
    list: (name) => ['ls', `s3://${name}/tool/`],
    put: (file, key) => ['put', file, s3(key)],
    get: (key, file) => ['get', s3(key), file],
    copy: (from, to) => ['cp', s3(from), s3(to)],
    sync: (folder, prefix) => ['sync', `${folder}/`, s3(`${prefix}/`)],
  },
  {
    name: 'rclone',
    setUp: async ({ endpoint }) => ({
      env: {
        RCLONE_CONFIG_R_TYPE: 's3',
        RCLONE_CONFIG_R_PROVIDER: 'Cloudflare',
        RCLONE_CONFIG_R_ENDPOINT: endpoint,
        RCLONE_CONFIG_R_ACCESS_KEY_ID: accessKeyId,
        RCLONE_CONFIG_R_SECRET_ACCESS_KEY: secretAccessKey,
        RCLONE_CONFIG_R_ACL: 'private',
        // Above its default of 200 MB it does so by itself.
        RCLONE_S3_UPLOAD_CUTOFF: '5M',
        RCLONE_S3_COPY_CUTOFF: '5M',
      },
      before: ['--config', '/dev/null', '--retries', '1'],
    }),
    list: (name) => ['ls', `r:${name}/tool`],
    put: (file, key) => ['copyto', file, remote(key)],
    get: (key, file) => ['copyto', remote(key), file],
    copy: (from, to) => ['copyto', remote(from), remote(to)],
    sync: (folder, prefix) => ['sync', folder, remote(prefix)],
  },
];

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const isInstalled = (name: string) => spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;

/** What the system's own certificates are is of no concern here, and rclone 1.60 stops at the variable. */
const { AWS_CA_BUNDLE: _, ...inherited } = process.env;

describe.each(tools)('$name', ({ name, setUp, ...tool }) => {
  it('puts, lists, gets, copies and syncs, 20 MB in parts too', { timeout: 120_000 }, async ({ skip }) => {
    if (!isInstalled(name)) skip(`${name} is not installed: apt-get install -y rclone s3cmd awscli`);
    const server = await startedR2();
    const dir = await temporaryFolder();
    const { env, before } = await setUp(server, dir);
    const run = async (args: string[]) => {
      const options = { cwd: dir, env: { ...inherited, ...env, HOME: dir } };
      return (await promisify(execFile)(name, [...before, ...args], options)).stdout;
    };
    const bytes = randomBytes(20_000_000);
    await writeFile(join(dir, 'film.bin'), bytes);
    await run(tool.put('film.bin', 'tool/film.bin'));
    expect(await run(tool.list(bucket))).toMatch(/\b20000000\b.*film\.bin/);
    await run(tool.get('tool/film.bin', 'back.bin'));
    expect(sha256(await readFile(join(dir, 'back.bin')))).toBe(sha256(bytes));
    await run(tool.copy('tool/film.bin', 'tool/copy.bin'));
    await run(tool.get('tool/copy.bin', 'copied.bin'));
    expect(sha256(await readFile(join(dir, 'copied.bin')))).toBe(sha256(bytes));

    await mkdir(join(dir, 'folder/deep'), { recursive: true });
    await writeFile(join(dir, 'folder/a.txt'), 'a');
    await writeFile(join(dir, 'folder/deep/ü +&.txt'), 'b');
    await run(tool.sync('folder', 'synced'));
    await run(tool.sync('folder', 'synced'));
    const { Contents = [] } = await server.s3.send(new ListObjectsCommand({ Bucket: bucket, Prefix: 'synced/' }));
    expect(Contents.map(({ Key, Size }) => [Key, Size])).toEqual([
      ['synced/a.txt', 1],
      ['synced/deep/ü +&.txt', 1],
    ]);
  });
});

describe('the older list', () => {
  it('goes on after the last key or common prefix of a page until all was seen once', async () => {
    const { s3: client } = await startedR2();
    const keys = ['a/1', 'a/2', 'b', 'c/', 'c/d/1', 'c/d/2', 'd'];
    for (const Key of keys) await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
    const walk = async (options: { Prefix?: string; Delimiter?: string }) => {
      const seen: (string | undefined)[] = [];
      for (let Marker: string | undefined = ''; Marker !== undefined; ) {
        const input = { Bucket: bucket, MaxKeys: 1, Marker, ...options };
        const page: { NextMarker?: string; Contents?: { Key?: string }[]; CommonPrefixes?: { Prefix?: string }[] } =
          await client.send(new ListObjectsCommand(input));
        seen.push(...(page.Contents ?? []).map(({ Key }) => Key));
        seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
        Marker = page.NextMarker;
      }
      return seen;
    };
    expect(await walk({})).toEqual(keys);
    expect(await walk({ Delimiter: '/' })).toEqual(['a/', 'b', 'c/', 'd']);
    expect(await walk({ Delimiter: '/', Prefix: 'c/' })).toEqual(['c/', 'c/d/']);
  });
});
