/** Names of the environment variables the stack sets and the functions read: one list, so neither can drift alone. */
export const envNames = {
  /** DynamoDB table of all records. */
  tableName: 'TABLE_NAME',
  cleanupQueueUrl: 'CLEANUP_QUEUE_URL',
  lifecycleQueueUrl: 'LIFECYCLE_QUEUE_URL',
  /** S3 endpoint of the R2 account, `https://<account>.r2.cloudflarestorage.com`. All R2 names unset: storage not configured. */
  r2Endpoint: 'R2_ENDPOINT',
  r2Bucket: 'R2_BUCKET_NAME',
  r2PublicBucket: 'R2_PUBLIC_BUCKET_NAME',
  r2ComplianceBucket: 'R2_COMPLIANCE_BUCKET_NAME',
  /** Secrets Manager id of `{ "accessKeyId": "...", "secretAccessKey": "..." }`. Never the credentials themselves. */
  r2SecretId: 'R2_SECRET_ID',
  /** Seconds an instance uses R2 credentials before it reads the secret again: at most, and by default, 300. */
  r2CredentialSeconds: 'R2_CREDENTIAL_SECONDS',
  /** Where objects of the public bucket open without a signature, no trailing slash. */
  publicBaseUrl: 'PUBLIC_BASE_URL',
  jwksUrl: 'TOKEN_JWKS_URL',
  tokenIssuer: 'TOKEN_ISSUER',
  tokenAudience: 'TOKEN_AUDIENCE',
  /** Seconds an instance may keep settings and developer keys: 5 deployed, 1 on the one-machine cloud. */
  cacheSeconds: 'CACHE_SECONDS',
  /** Days an object must have been without record, or a record without object, before reconcile removes it. */
  orphanGraceDays: 'ORPHAN_GRACE_DAYS',
  reconcilePassHours: 'RECONCILE_PASS_HOURS',
  /** EventBridge bus of what became of files; set for the worker that tells. */
  eventBusName: 'EVENT_BUS_NAME',
  /** `source` of events, `stowage.<stage>`. */
  eventSource: 'EVENT_SOURCE',
  /** JSON: the queue of each webhook, and which events it wants. Set for the worker that tells. */
  webhookQueues: 'WEBHOOK_QUEUES',
  /** JSON: where the messages of each queue go, and the secret they are signed with. Set for the worker that delivers. */
  webhooks: 'WEBHOOKS',
  /** Webhooks may be on the machine itself: on the one-machine cloud and nowhere else. */
  webhookLoopback: 'WEBHOOK_LOOPBACK',
  /** JSON: every queue of dead letters, and what may be done with it. Set for administrators' endpoints that look at them. */
  deadLetters: 'DEAD_LETTERS',
  /** Where a scanner takes its messages from; unset where scanning is off. */
  scanQueueUrl: 'SCAN_QUEUE_URL',
  /** Minutes after which no verdict is waited for. */
  scanTimeoutMinutes: 'SCAN_TIMEOUT_MINUTES',
  /** What happens then: `release` or `reject`. */
  scanOnTimeout: 'SCAN_ON_TIMEOUT',
  /** The dimension `service` of metrics: the stack's name. Unset: none are written. */
  metricsService: 'METRICS_SERVICE',
} as const;

export type EnvName = (typeof envNames)[keyof typeof envNames];
