import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stop } from 'esbuild';
import { bundleFunctions } from '#lib/bundle.ts';
import { median, report, side } from './support/sides.ts';

/**
 * What loading a function takes, as a ratio to a bundle that holds the same clients of the SDK and a handler with
 * one schema that does nothing, made by the same bundler. A new process for each load; the sides take turns.
 */
const turns = 15;
const root = join(import.meta.dirname, '..');

const dynamo = [
  "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';",
  "import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';",
];
const s3 = [
  "import { S3Client, PutObjectCommand, GetObjectCommand, HeadObjectCommand, DeleteObjectCommand, CopyObjectCommand } from '@aws-sdk/client-s3';",
];
const others = {
  presigner: "import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner';",
  queue: "import { SQSClient, SendMessageCommand } from '@aws-sdk/client-sqs';",
  secrets: "import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';",
  // Without these no request of ours could be let in, judged or answered.
  http: "import middy from '@middy/core'; import { jwtVerify, createRemoteJWKSet } from 'jose'; import { object, optional, string, number, parse } from 'zod/mini';",
  sharp: "import { createRequire } from 'node:module'; createRequire(import.meta.url)('sharp');",
};

/** Functions of each kind, and what the bare one beside it holds. */
const functions: Record<string, string[]> = {
  'extensions/session-state-get': [...dynamo, others.http],
  'uploads/url': [...dynamo, others.http, others.presigner, others.secrets],
  'organizations/logo-get': [...dynamo, ...s3, others.http, others.presigner, others.secrets, others.queue],
  'extensions/session-files-upload': [
    ...dynamo,
    ...s3,
    others.http,
    others.presigner,
    others.secrets,
    others.queue,
    others.sharp,
  ],
};

// Below the repository, so that sharp, which is no part of a bundle, is found.
const dir = mkdtempSync(join(root, '.cache/bench-'));
const bare = join(dir, 'sources');
for (const [key, imports] of Object.entries(functions)) {
  const names = imports.flatMap((line) => [...line.matchAll(/\{([^}]*)\}|import (\w+) from/g)]);
  const used = names.flatMap(([, list, ...single]) => list?.split(',') ?? single.filter((name) => name !== undefined));
  mkdirSync(join(bare, key, '..'), { recursive: true });
  const source = [
    ...imports,
    'const input = object({ id: string(), limit: optional(number()) });',
    `export const handler = async (event: unknown) => [parse(input, event), ${used.filter((name) => name.trim() !== '')}].length;`,
  ];
  writeFileSync(join(bare, `${key}.ts`), source.join('\n'));
}
const keys = Object.keys(functions);
symlinkSync(join(root, 'node_modules'), join(bare, 'node_modules'));
const floors = await bundleFunctions({ keys, functionsRoot: bare, outdir: join(dir, 'bare') });
const ours = await bundleFunctions({ keys, functionsRoot: join(root, 'functions'), outdir: join(dir, 'ours') });
await stop();

const rows: Record<string, Record<string, number>> = {};
for (const key of keys) {
  const taken = { bare: [] as number[], ours: [] as number[] };
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [name, bundles] of [
      ['bare', floors],
      ['ours', ours],
    ] as const) {
      const file = join(bundles[key]?.dir ?? '', 'index.mjs');
      const { cpuMs } = await side<{ cpuMs: number }>('start.ts', { file });
      if (turn > 0) taken[name].push(cpuMs);
    }
  }
  rows[key] = {
    'bare, CPU ms': median(taken.bare),
    'ours / bare': median(taken.ours) / median(taken.bare),
    'bytes, ours / bare': (ours[key]?.bytes ?? Number.NaN) / (floors[key]?.bytes ?? Number.NaN),
  };
}
rmSync(dir, { recursive: true, force: true });
report('cold start', rows);
