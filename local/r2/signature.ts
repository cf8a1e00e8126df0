/**
 * Who signed a request: SigV4 in the `Authorization` header or in the query. The order is form, key, region, signature,
 * then time, so a wrong signature never learns about expiry. Differs from real R2: every key pair may do everything, no temporary
 * credentials; and every `x-amz-*` header that comes must be signed (S3's rule; R2's own is not documented).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalRequestHash } from './canonical.ts';
import { R2Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { Credentials } from './types.ts';

/** What the signature says about the body. */
export type PayloadProof = { kind: 'unsigned' } | { kind: 'sha256'; hex: string } | { kind: 'unsigned-trailer' };

export interface Proof {
  accessKeyId: string;
  payload: PayloadProof;
}

interface Claim {
  presigned: boolean;
  credential: string;
  signedHeaders: string;
  signature: string;
  /** `YYYYMMDDTHHMMSSZ` */
  date: string;
  payloadHash: string;
}

const algorithm = 'AWS4-HMAC-SHA256';
const skewMs = 15 * 60_000;
const maxExpirySeconds = 604_800;

/** Checks a request's signature and time. Throws 401 without proof, 400 for a malformed and 403 for a bad one. */
export function verifySignature(request: S3Request, accepted: readonly Credentials[], now: Date): Proof {
  const claim = claimOf(request);
  const [accessKeyId, day, region, service, terminal, ...rest] = claim.credential.split('/');
  const malformed = (message: string) =>
    new R2Error(claim.presigned ? 'AuthorizationQueryParametersError' : 'AuthorizationHeaderMalformed', message);
  if (service !== 's3' || terminal !== 'aws4_request' || rest.length > 0 || day !== claim.date.slice(0, 8)) {
    throw malformed('The credential scope must be <key>/<date>/<region>/s3/aws4_request, of the date of the request.');
  }
  const credentials = accepted.find((each) => each.accessKeyId === accessKeyId);
  if (!accessKeyId || !credentials) throw new R2Error('Unauthorized', 'Unauthorized');
  if (region !== 'auto' && region !== 'us-east-1' && region !== '') {
    throw new R2Error('InvalidRegionName', `The region name '${region}' is not valid. Must be auto.`);
  }
  const signedHeaders = claim.signedHeaders.split(';');
  if (
    !signedHeaders.includes('host') ||
    signedHeaders.some((name, i) => i > 0 && name <= (signedHeaders[i - 1] ?? ''))
  ) {
    throw malformed('SignedHeaders must be sorted lower-case names and include host.');
  }

  const hash = canonicalRequestHash({
    method: request.method,
    path: request.path,
    query: request.query,
    headers: request.raw.headersDistinct,
    signedHeaders,
    payloadHash: claim.payloadHash,
  });
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${credentials.secretAccessKey}`);
  const expected = hmac(key, `${algorithm}\n${claim.date}\n${scope}\n${hash}`);
  const given = Buffer.from(/^[0-9a-f]{64}$/.test(claim.signature) ? claim.signature : '', 'hex');
  if (hash === undefined || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new R2Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your secret access key and signing method.',
    );
  }
  const unsigned = Object.keys(request.raw.headers).filter(
    (name) => name.startsWith('x-amz-') && !signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    throw new R2Error('AccessDenied', `There were headers present in the request which were not signed: ${unsigned}`);
  }
  checkTime(request, claim, now);
  return { accessKeyId, payload: payloadProof(claim.payloadHash) };
}

function claimOf(request: S3Request): Claim {
  const header = request.raw.headers.authorization;
  const inQuery = request.query.some(([name]) => name === 'X-Amz-Algorithm' || name === 'X-Amz-Signature');
  if (header !== undefined && inQuery) {
    throw new R2Error('InvalidArgument', 'Only one auth mechanism allowed: the query or the Authorization header.');
  }
  if (inQuery) return claimOfQuery(request);
  if (header === undefined) throw new R2Error('Unauthorized', 'Unauthorized');

  const match = /^AWS4-HMAC-SHA256 +Credential=([^, ]+), *SignedHeaders=([^, ]+), *Signature=([^, ]+)$/.exec(header);
  const [, credential, signedHeaders, signature] = match ?? [];
  if (!credential || !signedHeaders || !signature) {
    throw new R2Error('AuthorizationHeaderMalformed', 'The authorization header is malformed.');
  }
  const payloadHash = request.raw.headers['x-amz-content-sha256'];
  if (typeof payloadHash !== 'string') {
    throw new R2Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  return { presigned: false, credential, signedHeaders, signature, payloadHash, date: headerDate(request) };
}

function claimOfQuery(request: S3Request): Claim {
  const field = (name: string) => {
    const values = request.query.filter((pair) => pair[0] === name);
    const value = values[0]?.[1];
    if (value === undefined || values.length > 1) {
      throw new R2Error(
        'AuthorizationQueryParametersError',
        `Query-string authentication requires exactly one ${name}.`,
      );
    }
    return value;
  };
  if (field('X-Amz-Algorithm') !== algorithm) {
    throw new R2Error('AuthorizationQueryParametersError', `X-Amz-Algorithm only supports "${algorithm}".`);
  }
  const expires = field('X-Amz-Expires');
  if (!/^\d{1,7}$/.test(expires) || Number(expires) < 1 || Number(expires) > maxExpirySeconds) {
    throw new R2Error(
      'AuthorizationQueryParametersError',
      `X-Amz-Expires must be from 1 to ${maxExpirySeconds} seconds.`,
    );
  }
  return {
    presigned: true,
    credential: field('X-Amz-Credential'),
    signedHeaders: field('X-Amz-SignedHeaders'),
    signature: field('X-Amz-Signature'),
    date: field('X-Amz-Date'),
    payloadHash: request.header('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD',
  };
}

/** `x-amz-date`, or `date` in its place (SigV4 allows both). */
function headerDate(request: S3Request): string {
  const amz = request.raw.headers['x-amz-date'];
  if (typeof amz === 'string') return amz;
  const ms = Date.parse(request.raw.headers.date ?? '');
  if (Number.isNaN(ms))
    throw new R2Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header.');
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function checkTime(request: S3Request, claim: Claim, now: Date): void {
  const iso = claim.date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const signedAt = iso === claim.date ? Number.NaN : Date.parse(iso);
  if (Number.isNaN(signedAt)) throw new R2Error('AccessDenied', 'The date of the signature is not YYYYMMDDTHHMMSSZ.');
  const age = now.getTime() - signedAt;
  if (claim.presigned ? age < -skewMs : Math.abs(age) > skewMs) {
    throw new R2Error(
      'RequestTimeTooSkewed',
      'The difference between the request time and the server time is too large.',
    );
  }
  if (claim.presigned && age > Number(request.param('X-Amz-Expires')) * 1000) {
    throw new R2Error('ExpiredRequest', 'Request has expired');
  }
}

function payloadProof(hash: string): PayloadProof {
  if (hash === 'UNSIGNED-PAYLOAD') return { kind: 'unsigned' };
  if (hash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') return { kind: 'unsigned-trailer' };
  if (/^[0-9a-f]{64}$/.test(hash)) return { kind: 'sha256', hex: hash };
  if (hash.startsWith('STREAMING-')) throw new R2Error('NotImplemented', `${hash} not implemented`);
  throw new R2Error('InvalidArgument', 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value.');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
