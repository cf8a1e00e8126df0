/**
 * Which operation a request is, and what R2 has not. Differs from real R2: SSE-C,
 * temporary credentials and changing buckets or their settings exist there and are 501 here; buckets, CORS and locks
 * are given at start.
 */
import type { S3Request } from './request.ts';
import type { Operation } from './types.ts';

export type Route = { operation: Operation } | { operation: 'Unsupported'; why: string };

/** Query parameters that turn a request into another operation; none of these is served. */
const subresources = [
  'accelerate acl analytics attributes encryption intelligent-tiering inventory legal-hold logging',
  'metrics notification object-lock ownershipControls policy policyStatus publicAccessBlock replication',
  'requestPayment restore retention select tagging torrent versionId versioning versions website',
].flatMap((line) => line.split(' '));

/** Settings of a bucket that can be read here, and not changed. */
const readableSettings = ['cors', 'lifecycle'];

/** Headers R2 does not implement, or this server does not; a name ending in `-` is a prefix. */
const unsupportedHeaders = [
  'x-amz-grant- x-amz-tagging x-amz-server-side-encryption x-amz-server-side-encryption-',
  'x-amz-copy-source-server-side-encryption- x-amz-object-lock- x-amz-bypass-governance-retention x-amz-mfa',
  'x-amz-website-redirect-location x-amz-request-payer x-amz-expected-bucket-owner x-amz-source-expected-bucket-owner',
  'x-amz-security-token x-amz-write-offset-bytes',
].flatMap((line) => line.split(' '));

/** Conditions another store honours on these operations; R2 has its own header, or none. */
const unsupportedConditions: Partial<Record<Operation, string[]>> = {
  CopyObject: ['if-match', 'if-none-match', 'x-amz-checksum-algorithm'],
  CompleteMultipartUpload: ['if-match', 'if-none-match'],
  DeleteObject: ['if-match', 'x-amz-if-match-size', 'x-amz-if-match-last-modified-time'],
};

/** Names the operation, or says why there is none. Total: every request has an answer. */
export function route(request: S3Request): Route {
  const unsupported = (why: string): Route => ({ operation: 'Unsupported', why });
  if (request.method === 'POST' && request.header('content-type')?.startsWith('multipart/form-data')) {
    return unsupported('Presigned POST form uploads are not implemented; presign a PUT.');
  }
  const subresource = subresources.find((name) => request.param(name) !== undefined);
  if (subresource !== undefined) {
    return unsupported(`${subresource} not implemented`);
  }
  const setting = readableSettings.find((name) => request.param(name) !== undefined);
  if (setting !== undefined && (request.method !== 'GET' || request.key !== undefined)) {
    return unsupported(`${request.method} of ${setting} not implemented`);
  }
  const operation = operationOf(request);
  if (operation === undefined) return unsupported(`${request.method} is not implemented here`);
  // R2 takes the one that says what is so anyway; tools send it with every write.
  const acl = request.header('x-amz-acl');
  if (acl !== undefined && acl !== 'private') return unsupported(`Header 'x-amz-acl' with '${acl}' not implemented`);
  for (const name of request.amzHeaders().keys()) {
    const match = unsupportedHeaders.some((known) => (known.endsWith('-') ? name.startsWith(known) : name === known));
    if (match) return unsupported(`Header '${name}' not implemented`);
  }
  const condition = unsupportedConditions[operation]?.find((name) => request.header(name) !== undefined);
  return condition === undefined ? { operation } : unsupported(`${operation} with '${condition}' not implemented`);
}

function operationOf(request: S3Request): Operation | undefined {
  const { method, bucket, key } = request;
  if (bucket === undefined) return method === 'GET' ? 'ListBuckets' : undefined;
  if (key === undefined) {
    if (method === 'PUT') return 'CreateBucket';
    if (method === 'HEAD') return 'HeadBucket';
    if (method === 'POST' && request.param('delete') !== undefined) return 'DeleteObjects';
    if (method !== 'GET') return undefined;
    if (request.param('location') !== undefined) return 'GetBucketLocation';
    if (request.param('cors') !== undefined) return 'GetBucketCors';
    if (request.param('lifecycle') !== undefined) return 'GetBucketLifecycle';
    if (request.param('uploads') !== undefined) return 'ListMultipartUploads';
    return request.param('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
  }
  if (request.param('uploadId') !== undefined) return ofUpload(request);
  if (request.param('partNumber') !== undefined) return undefined;
  switch (method) {
    case 'POST':
      return request.param('uploads') === undefined ? undefined : 'CreateMultipartUpload';
    case 'GET':
      return 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'DELETE':
      return 'DeleteObject';
    case 'PUT':
      return request.header('x-amz-copy-source') === undefined ? 'PutObject' : 'CopyObject';
    default:
      return undefined;
  }
}

/** What an upload in parts is asked. A `partNumber` without one, which would read a part of an object, R2 has not. */
function ofUpload(request: S3Request): Operation | undefined {
  switch (request.method) {
    case 'GET':
      return 'ListParts';
    case 'POST':
      return 'CompleteMultipartUpload';
    case 'DELETE':
      return 'AbortMultipartUpload';
    case 'PUT':
      return request.header('x-amz-copy-source') === undefined ? 'UploadPart' : 'UploadPartCopy';
    default:
      return undefined;
  }
}
