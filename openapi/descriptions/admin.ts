import type { EndpointName } from '../../functions/routes.ts';
import type { Texts } from '../describe.ts';
import { named, time, whole } from './words.ts';

const settings: Record<string, string> = {
  enabled: 'Whether anything more may be stored; false until somebody turns it on. Reading works either way.',
  maxFileBytes: 'Bytes of one upload, as it is sent; 10485760 unless told.',
  maxBytesPerApp: 'Bytes stored by all sessions and users of the app; 524288000 unless told.',
  maxBytesPerSession: 'Bytes stored by one session, in at most 4000 files; 52428800 unless told.',
  maxStagedBytesPerUserPerApp: 'Bytes staged by one user, in at most 1000 files; 10485760 unless told.',
  maxImageEdge: 'Pixels of the longer edge; larger pictures are scaled down. 2560 unless told.',
  stagedTtlSeconds: 'Seconds that a staged file waits for its claim; 86400 unless told.',
  stateMaxBytes: "Bytes of a session's state as JSON; 65536 unless told.",
};
const allowedMimePrefixes = named(
  'What the type of the bytes must begin with, one of these; `["image/"]` unless told.',
  'image/',
);
const imagePresets =
  'Longest edges in pixels, 16 to 4096, of smaller copies by name, eight at most; made of every image stored from now on. None unless told.';
const uploadSettings = {
  maxFileBytes: 'Bytes of one upload; 104857600 unless told. The most is what one PUT to R2 may carry.',
  graceSeconds: 'Seconds between deleting a file and removing its bytes; 86400 unless told.',
};
const allowedTypes = named(
  'Types that are taken: `*/*`, a family such as `image/*`, or one such as `image/png`.',
  '*/*',
);

const { enabled, ...numbers } = settings;
const wholeNumbers = Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, whole(text)]));

const findings = (what: string) => ({ what, count: whole('How many.'), examples: 'The first fifty of them by name.' });

/** A finding and its two parts. */
function finding(name: string, description: string): Texts {
  const { what, count, examples } = findings(description);
  return { [name]: what, [`${name}.count`]: count, [`${name}.examples`]: examples };
}

const suspects = (name: string, description: string): Texts => ({
  [name]: description,
  [`${name}.recordsWithoutObject`]: whole('Records whose object is not in the bucket.'),
  [`${name}.objectsWithoutRecord`]: whole('Objects that no record names.'),
});

const usage = (name: string, description: string): Texts => ({
  [name]: description,
  [`${name}.usedBytes`]: whole('Bytes, those of direct uploads under way among them.'),
  [`${name}.fileCount`]: whole('How many files these are.'),
});

export const adminComponents: Record<string, Texts> = {
  Health: {
    '': 'What a stage sees of itself. No secret is in it.',
    at: time('When it looked, by the clock of the function.'),
    healthy: 'False when a check failed.',
    checks: 'The table, the secret, each bucket with its binding to the table, and the hourly reconcile.',
    'checks.name': 'What was looked at, like `table` or `bucket.default`.',
    'checks.state': '`unknown` where what it rests on failed, or there is nothing to look at yet.',
    'checks.code': 'Why it is not `ok`, for programs.',
    'checks.message': 'What was found, and what to do about it.',
    tokens: 'Whose tokens it takes.',
    'tokens.issuer': 'The `iss` of a token, letter by letter.',
    'tokens.audience': 'The `aud` of a token.',
    'tokens.jwksUrl': 'Where it has the keys from.',
    r2: 'Where the bytes lie; absent where storage is not configured.',
    'r2.endpoint': "The account's S3 endpoint.",
    'r2.secretName': 'The secret in Secrets Manager that has the credentials.',
    'r2.bucket': 'Of files.',
    'r2.publicBucket': 'Of public files, or null.',
    'r2.complianceBucket': 'Of compliance documents, or null: they lie in the bucket of files then.',
    'r2.publicBaseUrl': 'Under which public files open, or null.',
  },
  AppSettings: {
    '': 'What an administrator decided for an app, or the value that holds where nobody did.',
    ...wholeNumbers,
    enabled: enabled ?? '',
    allowedMimePrefixes,
    imagePresets,
  },
  AppSettingsChange: {
    '': 'Any subset of the settings; the others stay as they are. Holds everywhere within five seconds.',
    ...settings,
    allowedMimePrefixes,
    imagePresets,
  },
  AppStorage: {
    '': "An app's settings and what it stores.",
    appId: named('The app.', 'puzzle'),
    settings: 'As they hold from now on.',
    ...usage('usage', 'What all sessions and users of the app store now.'),
  },
  DeveloperKey: {
    '': 'A key of an extension backend, without its secret.',
    keyId: named('Names the key where it is revoked.', '0f6b2b1c8d3e4f5061728394'),
    appId: named('The app it is for.', 'puzzle'),
    label: named('What the administrator called it.', 'production backend'),
    createdAt: time('When it was made.'),
  },
  UploadSettings: {
    '': 'Settings of the uploads API.',
    settings: 'As they hold from now on.',
    'settings.maxFileBytes': whole(uploadSettings.maxFileBytes),
    'settings.allowedTypes': allowedTypes,
    'settings.graceSeconds': whole(uploadSettings.graceSeconds),
  },
  UploadSettingsChange: {
    '': 'Any subset of the settings; the others stay as they are.',
    ...uploadSettings,
    allowedTypes,
  },
  ReconcileReport: {
    '': 'What a reconcile run found, and what it did about it. A dry run finds the same and does nothing.',
    dryRun: 'Whether nothing was touched.',
    complete: 'False where time ran out: send the request again with `cursor`.',
    cursor: named('Only where there is more to look at.', 'eyJwYXJ0IjoicmVjb3JkcyJ9'),
    checked: 'How much was looked at.',
    'checked.records': whole('Records of the table.'),
    'checked.counters': whole('Counters of apps, sessions and staging areas.'),
    'checked.objects': whole('Objects of the buckets.'),
    ...finding('stuckPending', 'Uploads that never finished.'),
    ...finding('expired', 'Staged files past their time that no alarm removed.'),
    ...finding('stuckDeleting', 'Deletions that nobody finished.'),
    ...finding('unscanned', 'Files whose scan was asked for again, or ended without a verdict.'),
    ...finding('lateIncoming', 'Incoming objects of direct uploads whose URL is over.'),
    ...finding('owedCleanups', 'Clean-ups whose message was lost.'),
    counterDrift: 'Counters that have not moved for a quarter of an hour and differ from their records.',
    'counterDrift.counter': 'Which counter it is: its kind, and the ids of what it counts.',
    ...usage('counterDrift.stored', 'What the counter said.'),
    ...usage('counterDrift.actual', 'What its records come to.'),
    ...finding('recordsWithoutObject', 'Suspects of this run: records whose object is not in the bucket.'),
    ...finding('objectsWithoutRecord', 'Suspects of this run: objects that no record names.'),
    ...suspects('waiting', 'Suspects that go once they have been found so for days.'),
    ...suspects('removed', 'Suspects that had been found so for days, and went.'),
    stopped: 'What was left undone because it looks wrong, and how to go on.',
    'stopped.reason': named('Why, for programs: see "What stops reconcile" in docs/operating.md.', 'too_many_orphans'),
    'stopped.bucket': named('Which bucket, by its role; absent where it is about the table.', 'default'),
    'stopped.message': 'What to do about it, for people.',
    'stopped.count': whole('How many suspects there are.'),
    'stopped.limit': whole("How many may go without somebody's word."),
    'stopped.confirm': 'Of a dry run: send it with `dryRun: false` to have it done all the same.',
    'stopped.confirmUntil': time('Until when `confirm` counts, an hour later.'),
    confirmed: 'Reasons that would have stopped the run, had `confirm` not been sent.',
    repaired: whole('Findings that were put right.'),
    ...finding('failed', 'Findings that could not be put right now; the next run tries again.'),
  },
};

export const adminOperations: Partial<Record<EndpointName, Texts>> = {
  'admin/developer-keys-create': {
    'json.label': 'What to call the key, so that people know it again.',
    'answer.keyId': named('Names the key where it is revoked.', '0f6b2b1c8d3e4f5061728394'),
    'answer.appId': named('The app it is for.', 'puzzle'),
    'answer.label': named('What you called it.', 'production backend'),
    'answer.createdAt': time('When it was made.'),
    'answer.key': named('The key itself, told this once. Keep it in a secret store.', 'sk_puzzle_<43 characters>'),
  },
  'admin/developer-keys-list': {
    'answer.items': 'Oldest first. A revoked key is not among them.',
    'query.cursor': 'Goes on where the answer that gave it ended. Left out, the list begins.',
  },
  'admin/reconcile': {
    'json.dryRun': 'True to be told only, false to have it put right.',
    'json.cursor': 'From the answer before, where it was not `complete`.',
    'json.confirm': 'From what stopped a dry run of the last hour: do what it found all the same.',
  },
};
