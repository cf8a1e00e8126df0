/**
 * THE TABLE: one line an endpoint or worker. The CDK routes and grants, the one-machine cloud and the architecture
 * test are derived from it; the key is the file, `functions/<key>.ts`. Plain data: nothing here may import an adapter.
 */

/**
 * Who may call (docs/contract.md, "Who calls"). `user.or.platform` takes a user for themselves, or the platform on
 * behalf of a user it names. `session.write` wants developer key and session token, `session.read` the session token at
 * least.
 */
export type Auth = 'user' | 'user.or.platform' | 'session.read' | 'session.write' | 'platform' | 'admin' | 'public';

/**
 * What a function touches; its grants, environment and layers follow from this and from nothing else.
 * `table.read` allows reads of the table and its indexes, `table.write` also writes, `table.mark` updates single items and deletes none,
 * `table.scan` may read it whole and ask which table it is, `table.describe` ask that alone, `r2` the bucket credentials,
 * `r2.names` only where the buckets are, `cleanup.send` and `lifecycle.send` the queues, `scan.policy` what the settings say of scanning
 * and `scan.send` its queue as well, both nothing where it is off, `images` the sharp layer and a whole vCPU, `events.send`
 * the bus and the queues of webhooks, `webhooks.deliver` the secrets that webhooks are signed with, `deadLetters.read` looks at
 * queues of dead letters, and `deadLetters.redrive` has them moved back.
 */
export type Use =
  | 'table.read'
  | 'table.write'
  | 'table.mark'
  | 'table.scan'
  | 'table.describe'
  | 'r2'
  | 'r2.names'
  | 'cleanup.send'
  | 'lifecycle.send'
  | 'events.send'
  | 'webhooks.deliver'
  | 'deadLetters.read'
  | 'deadLetters.redrive'
  | 'scan.policy'
  | 'scan.send'
  | 'images';

/**
 * What fails together and is looked at together: each group has its alarms and its latency. `uploads` brings bytes in,
 * `reads` and `changes` are what is left of the routes of users and extensions, `other` is what no route matches.
 */
export type RouteGroup = 'uploads' | 'reads' | 'changes' | 'platform' | 'admin' | 'other';

export const routeGroups = [
  'uploads',
  'reads',
  'changes',
  'platform',
  'admin',
  'other',
] as const satisfies RouteGroup[];

/** Paths at which a POST takes bytes, hands out a URL to PUT them to, or takes over what was PUT there. */
const bringsBytes =
  /(\/presign|\/complete|\/stage|\/files|\/upload(\/private)?|-upload|\/logo|\/minisite\/assets|\/media|\/multipart.*)$/;

/** The group of an endpoint. */
export function groupOf({ method, path, auth }: Pick<EndpointRow, 'method' | 'path' | 'auth'>): RouteGroup {
  if (auth === 'platform' || auth === 'admin') return auth;
  if (method === 'GET') return 'reads';
  return method === 'POST' && bringsBytes.test(path) ? 'uploads' : 'changes';
}

export interface EndpointRow {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** API Gateway's form: `/files/{fileId}`. */
  path: string;
  auth: Auth;
  uses: readonly Use[];
  summary: string;
}

/** Tries of an event at a webhook before it is a dead letter; the queue and the worker that paces them go by it. */
export const webhookTries = 12;

/**
 * What wakes a worker: messages of a queue, expiry tickets that TTL removed from the table, changes of files' records
 * there, the queues of webhooks, or the clock (a rate or cron expression of EventBridge). A worker of changes or webhooks
 * is deployed only where the settings want it.
 */
export type WorkerSource =
  | { queue: 'cleanup' | 'lifecycle'; batchSize: number }
  | { expiredTickets: true; batchSize: number }
  | { fileChanges: true; batchSize: number }
  | { webhooks: true }
  | { schedule: string };

export interface WorkerRow {
  source: WorkerSource;
  uses: readonly Use[];
  timeoutSeconds: number;
  summary: string;
  /** Log lines (their `message`) that alarms watch. */
  watch?: WatchedLines;
}

/**
 * The function that gets what no other route matches. An HTTP API refuses a route key that ends in a slash and tells
 * `/x/` from `/x`, so an endpoint that the contract also has with a slash is reached through here.
 */
export interface FallbackRow {
  /** OPTIONS is none of them: the gateway leaves preflights to a route that matches them, and answers them itself otherwise. */
  methods: readonly ('GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[];
  /** Endpoints that also answer with a slash at the end of their path. It has their rights, and no other. */
  withSlash: readonly string[];
  auth: Auth;
  uses: readonly Use[];
  summary: string;
}

/**
 * What a worker that the clock wakes writes down: `report` at the end of every run, with `report.complete` true where it
 * got through, and `stopped` when it left something undone that somebody must decide.
 */
export interface WatchedLines {
  report: string;
  stopped: string;
}

export const reconcileLines: WatchedLines = { report: 'reconcile', stopped: 'reconcile stopped' };

const app = '/api/extensions/apps/{appId}/files';
const session = '/api/extensions/sessions/{sessionId}/files';
const organization = '/organizations/{orgId}';
const platformOrganization = '/platform/organizations/{orgId}';
const adminApp = '/admin/extensions/apps/{appId}';
const uploads = '/v1/upload';

// biome-ignore format: one line an endpoint, sorted by name
export const endpoints = {
  'admin/app-files-delete': { method: 'DELETE', path: `${adminApp}/files/{fileId}`, auth: 'admin', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete a file of an app, whatever has it' },
  'admin/app-files-get': { method: 'GET', path: `${adminApp}/files/{fileId}`, auth: 'admin', uses: ['table.read', 'r2'], summary: 'A file of an app: what it is, what has it, when it goes, what happened to it' },
  'admin/app-files-list': { method: 'GET', path: `${adminApp}/files`, auth: 'admin', uses: ['table.read', 'r2'], summary: "An app's files in any state, newest first" },
  'admin/app-usage': { method: 'GET', path: `${adminApp}/usage`, auth: 'admin', uses: ['table.read'], summary: 'What an app uses: by session, by staging user, or day by day' },
  'admin/apps-list': { method: 'GET', path: '/admin/extensions/apps', auth: 'admin', uses: ['table.read'], summary: 'All apps with their settings and what they use' },
  'admin/audit-list': { method: 'GET', path: '/admin/audit', auth: 'admin', uses: ['table.read'], summary: 'What administrators changed, newest first' },
  'admin/dead-letters-list': { method: 'GET', path: '/admin/dead-letters', auth: 'admin', uses: ['deadLetters.read'], summary: 'Queues of what failed for good, and how full they are' },
  'admin/dead-letters-look': { method: 'GET', path: '/admin/dead-letters/{queue}/messages', auth: 'admin', uses: ['deadLetters.read'], summary: 'Some of the messages that failed for good' },
  'admin/dead-letters-redrive': { method: 'POST', path: '/admin/dead-letters/{queue}/redrive', auth: 'admin', uses: ['table.write', 'deadLetters.redrive'], summary: 'Send what failed for good back to be worked on' },
  'admin/developer-keys-create': { method: 'POST', path: `${adminApp}/developer-keys`, auth: 'admin', uses: ['table.write'], summary: 'Create a developer key, shown once' },
  'admin/developer-keys-list': { method: 'GET', path: `${adminApp}/developer-keys`, auth: 'admin', uses: ['table.read'], summary: "An app's developer keys, without secrets" },
  'admin/developer-keys-revoke': { method: 'DELETE', path: `${adminApp}/developer-keys/{keyId}`, auth: 'admin', uses: ['table.write'], summary: 'Revoke a developer key' },
  'admin/file-storage-get': { method: 'GET', path: `${adminApp}/file-storage`, auth: 'admin', uses: ['table.read'], summary: "An app's storage settings and usage" },
  'admin/file-storage-put': { method: 'PUT', path: `${adminApp}/file-storage`, auth: 'admin', uses: ['table.write'], summary: "Change any subset of an app's storage settings" },
  'admin/health': { method: 'GET', path: '/admin/health', auth: 'admin', uses: ['table.read', 'table.describe', 'r2'], summary: 'What a stage sees of itself: table, secret, buckets, and whether they belong together' },
  'admin/organization-uploads-delete': { method: 'DELETE', path: '/admin/organizations/{orgId}/uploads/{fileId}', auth: 'admin', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete a file of an organization at once' },
  'admin/organization-uploads-list': { method: 'GET', path: '/admin/organizations/{orgId}/uploads', auth: 'admin', uses: ['table.read', 'r2'], summary: "An organization's files, newest first" },
  'admin/reconcile': { method: 'POST', path: '/admin/reconcile', auth: 'admin', uses: ['table.write', 'table.scan', 'r2', 'cleanup.send', 'scan.send'], summary: 'Find what drifted and, unless dry, put it right' },
  'admin/reconcile-reports': { method: 'GET', path: '/admin/reconcile/reports', auth: 'admin', uses: ['table.read'], summary: 'What reconcile found in its runs, newest first' },
  'admin/uploads-delete': { method: 'DELETE', path: '/admin/uploads/{fileId}', auth: 'admin', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete an uploaded file at once' },
  'admin/uploads-list': { method: 'GET', path: '/admin/uploads', auth: 'admin', uses: ['table.read', 'r2'], summary: "A user's uploaded files, newest first" },
  'admin/uploads-settings-get': { method: 'GET', path: '/admin/uploads/settings', auth: 'admin', uses: ['table.read'], summary: 'Settings of the uploads API' },
  'admin/uploads-settings-put': { method: 'PUT', path: '/admin/uploads/settings', auth: 'admin', uses: ['table.write'], summary: 'Change any subset of the settings of the uploads API' },
  'extensions/session-capabilities': { method: 'GET', path: `${session}/capabilities`, auth: 'session.read', uses: ['table.read', 'r2.names'], summary: 'What a session may store, and whether storage is on' },
  'extensions/session-files-complete': { method: 'POST', path: `${session}/complete`, auth: 'session.write', uses: ['table.write', 'r2', 'images', 'cleanup.send'], summary: 'Finish a direct upload into the session' },
  'extensions/session-files-delete': { method: 'DELETE', path: `${session}/{fileId}`, auth: 'session.write', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete a file of the session' },
  'extensions/session-files-get': { method: 'GET', path: `${session}/{fileId}`, auth: 'session.read', uses: ['table.read', 'r2'], summary: 'One file of the session with a signed URL' },
  'extensions/session-files-list': { method: 'GET', path: session, auth: 'session.read', uses: ['table.read', 'r2'], summary: 'Files of the session, newest first' },
  'extensions/session-files-presign': { method: 'POST', path: `${session}/presign`, auth: 'session.write', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Begin a direct upload of an image into the session' },
  'extensions/session-files-upload': { method: 'POST', path: session, auth: 'session.write', uses: ['table.write', 'r2', 'images', 'cleanup.send'], summary: 'Upload an image into the session' },
  'extensions/session-state-get': { method: 'GET', path: '/api/extensions/sessions/{sessionId}/state', auth: 'session.read', uses: ['table.read'], summary: "The session's state" },
  'extensions/session-state-put': { method: 'PUT', path: '/api/extensions/sessions/{sessionId}/state', auth: 'session.write', uses: ['table.write'], summary: "Replace the session's state" },
  'extensions/setup-capabilities': { method: 'GET', path: `${app}/capabilities`, auth: 'user', uses: ['table.read', 'r2.names'], summary: 'What a setup screen may stage, and how much is staged' },
  'extensions/setup-files-complete': { method: 'POST', path: `${app}/complete`, auth: 'user', uses: ['table.write', 'r2', 'images', 'cleanup.send'], summary: 'Finish a direct upload of a staged image' },
  'extensions/setup-files-get': { method: 'GET', path: `${app}/{fileId}`, auth: 'user', uses: ['table.read', 'r2'], summary: "One of the caller's files of this app, staged or claimed" },
  'extensions/setup-files-presign': { method: 'POST', path: `${app}/presign`, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Begin a direct upload of a staged image' },
  'extensions/setup-files-stage': { method: 'POST', path: `${app}/stage`, auth: 'user', uses: ['table.write', 'r2', 'images', 'cleanup.send'], summary: 'Stage an image in a setup screen' },
  'extensions/setup-files-staged-delete': { method: 'DELETE', path: `${app}/staged/{fileId}`, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete a staged file' },
  'extensions/setup-files-staged-list': { method: 'GET', path: `${app}/staged`, auth: 'user', uses: ['table.read', 'r2'], summary: "The caller's unexpired staged files" },
  'organizations/exercise-comments-create': { method: 'POST', path: '/exercise-comments', auth: 'user', uses: ['table.write', 'r2'], summary: 'Consume uploads with an exercise comment' },
  'organizations/exercise-comments-delete': { method: 'DELETE', path: '/exercise-comments/{id}', auth: 'user.or.platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete an exercise comment and the files in it' },
  'organizations/exercise-comments-list': { method: 'GET', path: '/exercise-comments', auth: 'user.or.platform', uses: ['table.read', 'r2'], summary: "A user's exercise comments, newest first" },
  'organizations/export-url': { method: 'GET', path: `${organization}/exports/{jobId}/url`, auth: 'user.or.platform', uses: ['table.read', 'r2'], summary: 'A download of an export that works for a minute' },
  'organizations/logo-get': { method: 'GET', path: `${organization}/logo`, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'The logo of an organization' },
  'organizations/logo-upload': { method: 'POST', path: `${organization}/logo`, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Presign or complete the logo of an organization' },
  'organizations/messages-create': { method: 'POST', path: '/messages', auth: 'user', uses: ['table.write', 'r2'], summary: 'Consume uploads with a message' },
  'organizations/messages-delete': { method: 'DELETE', path: '/messages/{id}', auth: 'user.or.platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete a message and the files in it' },
  'organizations/messages-list': { method: 'GET', path: '/messages', auth: 'user.or.platform', uses: ['table.read', 'r2'], summary: "A user's messages, newest first" },
  'organizations/minisite-assets': { method: 'POST', path: `${organization}/minisite/assets`, auth: 'user', uses: ['table.write', 'r2'], summary: 'Presign an asset of a minisite' },
  'organizations/minisite-content-get': { method: 'GET', path: `${organization}/minisite/content`, auth: 'user', uses: ['table.read', 'r2'], summary: 'A published minisite with links to its assets' },
  'organizations/minisite-content-put': { method: 'PUT', path: `${organization}/minisite/content`, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Publish a minisite and its assets' },
  'organizations/minisite-visit': { method: 'GET', path: `${organization}/minisite`, auth: 'public', uses: ['table.read', 'r2'], summary: 'A minisite as a visitor sees it' },
  'organizations/progress-photos-create': { method: 'POST', path: '/progress-photos', auth: 'user', uses: ['table.write', 'r2'], summary: 'Consume uploads as progress photos' },
  'organizations/progress-photos-delete': { method: 'DELETE', path: '/progress-photos/{id}', auth: 'user.or.platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete progress photos, the row and its files' },
  'organizations/progress-photos-list': { method: 'GET', path: '/progress-photos', auth: 'user.or.platform', uses: ['table.read', 'r2'], summary: "A user's progress photos, newest first" },
  'organizations/signature-upload': { method: 'POST', path: '/forms/by-token/{token}/signature-upload', auth: 'public', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Presign the one signature a form token allows' },
  'organizations/uploads-delete': { method: 'DELETE', path: `${organization}/uploads/{uploadId}`, auth: 'user.or.platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Give up an upload that no row has taken' },
  'organizations/uploads-presign': { method: 'POST', path: `${organization}/uploads/presign`, auth: 'user.or.platform', uses: ['table.write', 'r2'], summary: 'Presign an upload for a parent of an organization' },
  'organizations/workout-media-delete': { method: 'DELETE', path: `${organization}/workouts/{workoutId}/media/{uploadId}`, auth: 'user.or.platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete media of a workout' },
  'organizations/workout-media-upload': { method: 'POST', path: `${organization}/workouts/{workoutId}/media`, auth: 'user.or.platform', uses: ['table.write', 'r2'], summary: 'Presign or complete media of a workout' },
  'organizations/workout-media-urls': { method: 'POST', path: `${organization}/workouts/{workoutId}/media/urls`, auth: 'user', uses: ['table.read', 'r2'], summary: "Links to a workout's own media" },
  'platform/claims-create': { method: 'POST', path: '/platform/extensions/{appId}/claims', auth: 'platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Claim the staged files a saved config references' },
  'platform/claims-roll-back': { method: 'DELETE', path: '/platform/extensions/claims/{claimId}', auth: 'platform', uses: ['table.write'], summary: 'Take a claim back: its files are staged again' },
  'platform/compliance-documents-create': { method: 'POST', path: `${platformOrganization}/compliance-documents`, auth: 'platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Store a signed PDF for seven years' },
  'platform/compliance-documents-delete': { method: 'DELETE', path: `${platformOrganization}/compliance-documents/{documentId}`, auth: 'platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete a signed PDF whose retention is over' },
  'platform/compliance-documents-get': { method: 'GET', path: `${platformOrganization}/compliance-documents/{documentId}`, auth: 'platform', uses: ['table.read', 'r2'], summary: 'A signed PDF with a link that works for a minute' },
  'platform/compliance-documents-list': { method: 'GET', path: `${platformOrganization}/compliance-documents`, auth: 'platform', uses: ['table.read'], summary: "An organization's signed PDFs, newest first" },
  'platform/compliance-documents-upload': { method: 'POST', path: `${platformOrganization}/compliance-documents/upload`, auth: 'platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Presign or complete a signed PDF that no form carries' },
  'platform/exports-create': { method: 'POST', path: `${platformOrganization}/exports/{jobId}`, auth: 'platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Store the CSV of an export job' },
  'platform/exports-upload': { method: 'POST', path: `${platformOrganization}/exports/{jobId}/upload`, auth: 'platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Presign or complete a CSV that no request carries' },
  'platform/lifecycle-events': { method: 'POST', path: '/platform/lifecycle-events', auth: 'platform', uses: ['table.write', 'r2', 'cleanup.send', 'lifecycle.send'], summary: 'Accept what the platform tells of apps, sessions, locks and templates' },
  'platform/members-put': { method: 'PUT', path: `${platformOrganization}/members/{userId}`, auth: 'platform', uses: ['table.write'], summary: 'Make a user an active or inactive member' },
  'platform/scans-get': { method: 'GET', path: '/platform/scans/{fileId}', auth: 'platform', uses: ['table.read', 'r2'], summary: 'A file that waits for a verdict, with a short link to its bytes' },
  'platform/scans-verdict': { method: 'POST', path: '/platform/scans/{fileId}/verdict', auth: 'platform', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Say whether a scanned file is clean' },
  'platform/signature-tokens-create': { method: 'POST', path: `${platformOrganization}/forms/{formId}/signature-tokens`, auth: 'platform', uses: ['table.write'], summary: 'Create a token for one signature of a form' },
  'uploads/complete': { method: 'POST', path: `${uploads}/complete`, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send', 'scan.send'], summary: 'Finish the direct upload of a file' },
  'uploads/delete': { method: 'DELETE', path: `${uploads}/{id}`, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Delete an uploaded file; its bytes go after a grace period' },
  'uploads/get': { method: 'GET', path: `${uploads}/{id}`, auth: 'user', uses: ['table.read', 'r2.names'], summary: 'Details of an uploaded file' },
  'uploads/list': { method: 'GET', path: uploads, auth: 'user', uses: ['table.read', 'r2.names'], summary: "The caller's uploaded files, page by page" },
  'uploads/parts': { method: 'POST', path: `${uploads}/{id}/parts`, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send'], summary: 'Where the next parts of a direct upload go' },
  'uploads/presign': { method: 'POST', path: `${uploads}/presign`, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send', 'scan.policy'], summary: 'Begin the direct upload of a file of any size' },
  'uploads/restore': { method: 'POST', path: `${uploads}/{id}/restore`, auth: 'user', uses: ['table.write', 'r2.names'], summary: 'Take the deletion of an uploaded file back' },
  'uploads/upload-private': { method: 'POST', path: `${uploads}/private`, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send', 'scan.send'], summary: 'Upload a private file' },
  'uploads/upload-public': { method: 'POST', path: uploads, auth: 'user', uses: ['table.write', 'r2', 'cleanup.send', 'scan.send'], summary: 'Upload a public file' },
  'uploads/url': { method: 'GET', path: `${uploads}/url/{id}`, auth: 'user', uses: ['table.read', 'r2'], summary: 'A signed download link of an uploaded file' },
} as const satisfies Record<string, EndpointRow>;

// biome-ignore format: one line a worker
export const workers = {
  'workers/cleanup': { source: { queue: 'cleanup', batchSize: 10 }, uses: ['table.write', 'r2', 'cleanup.send'], timeoutSeconds: 60, summary: 'Removes what is deleted: objects first, then records, page by page' },
  'workers/events': { source: { fileChanges: true, batchSize: 100 }, uses: ['table.mark', 'events.send'], timeoutSeconds: 60, summary: 'Tells what became of files' },
  'workers/expiry': { source: { expiredTickets: true, batchSize: 25 }, uses: ['table.write', 'r2'], timeoutSeconds: 60, summary: 'Removes staged files whose time is over' },
  'workers/lifecycle': { source: { queue: 'lifecycle', batchSize: 10 }, uses: ['table.write', 'cleanup.send'], timeoutSeconds: 30, summary: 'Applies what the platform tells of apps, sessions, locks and templates' },
  'workers/reconcile': { source: { schedule: 'rate(1 hour)' }, uses: ['table.write', 'table.scan', 'r2', 'cleanup.send', 'scan.send'], timeoutSeconds: 900, watch: reconcileLines, summary: 'Finds what the alarms missed and puts it right' },
  'workers/webhooks': { source: { webhooks: true }, uses: ['webhooks.deliver'], timeoutSeconds: 30, summary: 'Delivers events to webhooks, signed' },
} as const satisfies Record<string, WorkerRow>;

/** The file is `functions/fallback.ts`. */
export const fallback = {
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  withSlash: ['uploads/list', 'uploads/upload-public'],
  auth: 'user',
  uses: ['table.read', 'table.write', 'r2', 'r2.names', 'cleanup.send', 'scan.send'],
  summary: 'Answers what no route matches: an endpoint asked for with a slash at the end, or 404',
} as const satisfies FallbackRow;

export type EndpointName = keyof typeof endpoints;
