/** What a deploy setting may be. Every message says what is expected, so that a refused deploy is fixed in one go. */
import * as z from 'zod';
import { events } from './config-events.ts';
import { parseUrl, secretKeyArn, secretName, url } from './config-values.ts';
import { routeTable } from './routes.ts';

/** What CloudWatch Logs accepts as retention, in days. Source: CloudWatch Logs API reference, PutRetentionPolicy. */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const urlWithoutSlash = url.refine((value) => !value.endsWith('/'), 'must not end with a slash: remove it');

const originOnly = (value: string) => parseUrl(value)?.origin === value;

const corsOrigin = z.union([
  z.literal('*'),
  url.refine(originOnly, 'must be an origin: scheme://host[:port], no path'),
]);

const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, 'must be a bucket name: 3 to 63 of a-z, 0-9 and - (R2 allows no dots)');

const positive = z.number().int().positive();

/** Where the bytes lie. Left out: the stack deploys, and every storing endpoint answers that storage is not configured. */
const r2 = z
  .strictObject({
    /** S3 endpoint of the account; a jurisdiction has its own (`<account>.eu.r2.cloudflarestorage.com`). */
    endpoint: urlWithoutSlash.refine(
      originOnly,
      'must be the bare endpoint, https://<account>.r2.cloudflarestorage.com',
    ),
    bucket: bucketName,
    publicBucket: bucketName.optional(),
    complianceBucket: bucketName.optional(),
    /** Custom domain of the public bucket; R2's S3 endpoint opens nothing without a signature. */
    publicBaseUrl: urlWithoutSlash.optional(),
    /** Secrets Manager name (not ARN) of `{ "accessKeyId": "...", "secretAccessKey": "..." }`. */
    secretName,
    /** Of the customer managed key the secret is encrypted with; none for the account's own `aws/secretsmanager`. */
    secretKeyArn: secretKeyArn.optional(),
    /** Seconds an instance uses the credentials before it reads the secret again: what a rotation has to wait for. */
    credentialSeconds: z
      .number()
      .int()
      .min(1)
      .max(300, 'must be at most 300: until then links are signed with what was revoked')
      .default(300),
  })
  .superRefine((value, context) => {
    if (value.publicBaseUrl && !value.publicBucket) {
      context.addIssue({
        code: 'custom',
        path: ['publicBucket'],
        message: 'must name the bucket that publicBaseUrl serves',
      });
    }
    if (value.publicBucket && [value.bucket, value.complianceBucket].includes(value.publicBucket)) {
      const message = `"${value.publicBucket}" also holds private files, which would open to everybody: use a bucket of its own`;
      context.addIssue({ code: 'custom', path: ['publicBucket'], message });
    }
  });

/** How CodeDeploy moves requests, as it names its predefined configurations. */
const shifts = [
  'Canary10Percent5Minutes',
  'Canary10Percent10Minutes',
  'Canary10Percent15Minutes',
  'Canary10Percent30Minutes',
  'Linear10PercentEvery1Minute',
  'Linear10PercentEvery2Minutes',
  'Linear10PercentEvery3Minutes',
  'Linear10PercentEvery10Minutes',
  'AllAtOnce',
] as const;

const tableName = /^[\w.-]{3,255}$/;

/** The address the API answers under, beside or in place of the one AWS gives it. */
const apiDomain = z.strictObject({
  name: z
    .string()
    .regex(
      /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/,
      'must be a host name such as "api.example.com"',
    ),
  /** Of a certificate for that name, in the region of the stack: API Gateway takes no other. */
  certificateArn: z
    .string()
    .regex(
      /^arn:aws[\w-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
      'must be the ARN of an ACM certificate, arn:aws:acm:<region>:<account>:certificate/<id>',
    ),
  /** Whether the address AWS gives is turned off; once DNS points to this one and nobody uses the other. */
  only: z.boolean().default(false),
});

/** All settings of one stage. Unknown names are refused: a misspelt setting must not fall back to a default in silence. */
const settings = z.strictObject({
  /** Part of the stack's name: `stowage-<stage>`. */
  stage: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be a lower-case name such as "prod": a-z, 0-9 and -'),
  tokens: z.strictObject({
    /** Compared with the `iss` claim letter by letter, trailing slash included. */
    issuer: url,
    audience: z.string().min(1, 'must be the `aud` claim of your tokens'),
    jwksUrl: url,
  }),
  r2: r2.optional(),
  /** Seconds an instance may keep settings and developer keys; a revoked key works that much longer. */
  cacheSeconds: z.number().int().min(0).max(5, 'must be at most 5: a revoked key works that much longer').default(5),
  /** Point-in-time recovery, deletion protection, and table and logs survive the stack. Off for throw-away stages. */
  protectData: z.boolean().default(true),
  /** Refuses to delete the whole stack until it is turned off. As `protectData` when left out. */
  terminationProtection: z.boolean().optional(),
  /**
   * A table that the stack does not make: one restored from a point in time. The stack's own is let go of, and stays where
   * `protectData` was on.
   */
  existingTableName: z
    .string()
    .regex(tableName, 'must be the name of a DynamoDB table, not its ARN: 3 to 255 of letters, digits, _, . and -')
    .optional(),
  /** Of that table's stream, which carries old and new images; has another label each time it is turned on. */
  existingTableStreamArn: z
    .string()
    .regex(
      /^arn:aws[\w-]*:dynamodb:[a-z0-9-]+:\d{12}:table\/[\w.-]+\/stream\/[\d:T.-]+$/,
      "must be the ARN of a table's stream, arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<label>",
    )
    .optional(),
  apiDomain: apiDomain.optional(),
  logRetentionDays: z
    .number()
    .refine((days) => retentionDays.includes(days), `must be one of ${retentionDays.join(', ')}`)
    .default(30),
  /**
   * Days an object must have been without record, or a record without object, before reconcile removes it: time to notice a
   * restored table or a wrong bucket name. 0 removes them at once.
   */
  orphanGraceDays: z.number().int().min(0).max(365).default(7),
  /**
   * Hours from one look at everything (table against buckets, and back) to the next, which reads both whole; what is overdue is
   * looked at every hour. Twelve at most: after a day without one an alarm rings.
   */
  reconcilePassHours: z.number().int().min(0).max(12).default(6),
  /**
   * Whether files of the uploads API are given out only after a scanner's verdict, how long that is waited for, and what
   * happens without one.
   */
  scan: z
    .strictObject({
      mode: z.enum(['off', 'quarantine']),
      timeoutMinutes: z.number().int().min(5).max(10_080).default(60),
      onTimeout: z.enum(['release', 'reject']).default('reject'),
    })
    .default({ mode: 'off', timeoutMinutes: 60, onTimeout: 'reject' }),
  /** Requests per second and burst over the whole API. */
  throttle: z.strictObject({ rateLimit: positive, burstLimit: positive }).default({ rateLimit: 200, burstLimit: 400 }),
  /** Pages that may call the API from a browser. None: no CORS headers. */
  corsOrigins: z.array(corsOrigin).default([]),
  /** Who gets alarms by e-mail (each address confirms once). */
  alarmEmail: z.email('must be an e-mail address').optional(),
  /** Tells what became of files. None: nothing is told, and nothing is deployed or paid for it. */
  events: events.optional(),
  /** A topic of your own that alarms tell as well, for a pager; its policy must let CloudWatch publish. */
  alarmTopicArn: z
    .string()
    .regex(
      /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/,
      'must be the ARN of a standard SNS topic, arn:aws:sns:<region>:<account>:<name>',
    )
    .optional(),
  /** The account's Lambda quota "Concurrent executions" in this region: an alarm rings at 80 % of it. */
  accountConcurrency: positive.default(1000),
  /** X-Ray traces of the functions. Each trace costs, so none are made unless asked for. */
  tracing: z.boolean().default(false),
  /**
   * Moves requests to new code of endpoints step by step, and back when an alarm rings. None: a deployment is all at once.
   * `ignoreAlarms` is for a deployment that mends what an alarm rings for.
   */
  trafficShift: z
    .strictObject({
      by: z.enum(shifts, `must be of ${shifts.join(', ')}`),
      ignoreAlarms: z.boolean().default(false),
    })
    .optional(),
  /**
   * Most images decoded at once, by each of the functions that decode: a cap on what a flood of pictures can cost. Reserved
   * of `accountConcurrency`. None: the account's limit.
   */
  imageConcurrency: positive.optional(),
});

/** What no reservation may take of an account's concurrency (Lambda developer guide, "Configuring reserved concurrency"). */
const unreservedConcurrency = 100;

/** Functions that `imageConcurrency` is reserved for, each by itself. */
const imageFunctions = Object.values(routeTable.endpoints).filter(({ uses }) =>
  uses.some((use) => use === 'images'),
).length;

/** All settings of one stage, and what must fit between two of them. */
export const configSchema = settings.superRefine((config, context) => {
  const { existingTableName, existingTableStreamArn, imageConcurrency = 0, accountConcurrency } = config;
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const most = Math.max(0, Math.floor((accountConcurrency - unreservedConcurrency) / imageFunctions));
  if (imageConcurrency > most) {
    refuse(
      'imageConcurrency',
      `must be at most ${most}: each of ${imageFunctions} functions takes it out of accountConcurrency (${accountConcurrency}), of which Lambda leaves ${unreservedConcurrency} to all others`,
    );
  }
  if (existingTableName && tableName.test(existingTableName) && !existingTableStreamArn) {
    const command = `aws dynamodb describe-table --table-name ${existingTableName} --query Table.LatestStreamArn`;
    refuse('existingTableStreamArn', `is missing: turn the table's stream on and ask for its ARN with ${command}`);
  }
  if (!existingTableStreamArn) return;
  if (!existingTableName) refuse('existingTableName', 'is missing: name the table of existingTableStreamArn');
  else if (existingTableStreamArn.split('/')[1] !== existingTableName) {
    refuse('existingTableStreamArn', `must be the stream of ${existingTableName}: this is another table's`);
  }
});

/** Deploy settings of one stage, validated. */
export type StowageConfig = z.infer<typeof configSchema>;

/** Deploy settings as written, before the defaults. */
export type StowageSettings = z.input<typeof configSchema>;
