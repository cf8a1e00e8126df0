/** Code of the test stack's functions: plain modules, as a bundler would leave them. */

/** Answers by path; everything a function can do to a gateway. */
export const probe = `
import { appendFileSync } from 'node:fs';
const parallel = { now: 0 };
export const handler = async (event, context) => {
  const what = event.pathParameters?.what ?? event.rawPath;
  const query = event.queryStringParameters ?? {};
  switch (what) {
    case 'env': return { env: process.env, cwd: process.cwd() };
    case 'context': return { remaining: context.getRemainingTimeInMillis(), name: context.functionName, id: context.awsRequestId, arn: context.invokedFunctionArn, memory: context.memoryLimitInMB };
    case 'throw': throw new TypeError('on purpose');
    case 'exit': process.exit(7);
    case 'reject': Promise.reject(new Error('unhandled')); await new Promise((resolve) => setTimeout(resolve, 1000)); return {};
    case 'hang': await new Promise((resolve) => setTimeout(resolve, 60_000)); return {};
    case 'pid': return { pid: process.pid };
    case 'slow-pid': { parallel.now += 1; const most = parallel.now; await new Promise((resolve) => setTimeout(resolve, 300)); parallel.now -= 1; return { pid: process.pid, most }; }
    case 'memory': { const kept = []; for (;;) { kept.push(Buffer.alloc(8_000_000, 1)); await new Promise((resolve) => setTimeout(resolve, 20)); } }
    case 'big': return { statusCode: 200, body: 'x'.repeat(Number(query.bytes)) };
    case 'record': await new Promise((resolve) => setTimeout(resolve, 300)); appendFileSync(process.env.RECORD_FILE, JSON.stringify(query) + '\\n'); return {};
    case 'later': setTimeout(() => appendFileSync(process.env.RECORD_FILE, JSON.stringify({ late: query.id }) + '\\n'), 50); return {};
    case 'return': return JSON.parse(query.value);
    case 'nothing': return undefined;
    case 'aws': {
      const response = await fetch(query.service === 'sqs' ? process.env.QUEUE_URL : process.env['AWS_ENDPOINT_URL_' + query.service.toUpperCase()], {
        method: 'POST',
        headers: { 'x-amz-target': query.target, 'content-type': 'application/x-amz-json-1.0', authorization: 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID + '/20260101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=0' },
        body: query.body,
      });
      return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ status: response.status, body: await response.json() }) };
    }
    default: return event;
  }
};
`;

/** Takes a queue's batch: notes each body once it is worked on, and fails those that say so. */
export const queueWorker = `
import { appendFileSync } from 'node:fs';
export const handler = async (event) => {
  const batchItemFailures = [];
  for (const record of event.Records) {
    const body = JSON.parse(record.body);
    if (body.takesMs) await new Promise((resolve) => setTimeout(resolve, body.takesMs));
    appendFileSync(process.env.RECORD_FILE, JSON.stringify({ ...body, attempt: Number(record.attributes.ApproximateReceiveCount), batch: event.Records.length }) + '\\n');
    if (body.crash) process.exit(1);
    if (body.fail === true || body.fail >= Number(record.attributes.ApproximateReceiveCount)) batchItemFailures.push({ itemIdentifier: record.messageId });
  }
  return { batchItemFailures };
};
`;

/** Takes stream records: notes their keys, and fails the poisoned ones. */
export const streamWorker = `
import { appendFileSync } from 'node:fs';
export const handler = async (event) => {
  for (const { dynamodb, eventName, userIdentity } of event.Records) {
    appendFileSync(process.env.RECORD_FILE, JSON.stringify({ removed: dynamodb.Keys.pk.S, kind: dynamodb.OldImage.kind?.S, eventName, userIdentity }) + '\\n');
    if (dynamodb.OldImage.poison) throw new Error('poison');
  }
  return { batchItemFailures: [] };
};
`;

/** Notes its event, and fails then if it is told to. */
export const scheduled = `
import { appendFileSync } from 'node:fs';
export const handler = async (event) => { appendFileSync(process.env.RECORD_FILE, JSON.stringify({ scheduled: event }) + '\\n'); if (process.env.FAIL) throw new Error('on purpose'); };
`;

/** Needs what only a layer brings, both ways it may be asked for. */
export const needsLayer = `
import { createRequire } from 'node:module';
export const handler = async () => {
  const sharp = (await import('sharp')).default;
  return { imported: sharp.versions.sharp, required: createRequire(import.meta.url)('sharp').versions.sharp };
};
`;
