/**
 * What a bucket was set up with, as R2's S3 endpoint tells it. Differs from real R2: rules are given at start and not
 * changed; and a token for objects alone, which R2 refuses here with AccessDenied, does not exist.
 */
import { R2Error } from './errors.ts';
import type { Handler } from './types.ts';
import { element, xmlDocument } from './xml.ts';

/** What goes by itself: objects below a prefix, uploads in parts that nobody finished, or both. Days. */
export interface LifecycleRule {
  id: string;
  prefix?: string;
  expireDays?: number;
  abortMultipartDays?: number;
}

const answer = (root: string, children: string[]) => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: xmlDocument(root, children),
});

const each = (name: string, values: readonly string[] = []) => values.map((value) => element(name, value));

/** Its CORS rules. Throws NoSuchCORSConfiguration. */
export const getBucketCors: Handler = ({ bucket: { cors = [] } }) => {
  if (cors.length === 0) throw new R2Error('NoSuchCORSConfiguration', 'The CORS configuration does not exist.');
  return answer(
    'CORSConfiguration',
    cors.map((rule) =>
      element('CORSRule', [
        ...each('AllowedOrigin', rule.allowedOrigins),
        ...each('AllowedMethod', rule.allowedMethods),
        ...each('AllowedHeader', rule.allowedHeaders),
        ...each('ExposeHeader', rule.exposeHeaders),
        element('MaxAgeSeconds', rule.maxAgeSeconds),
      ]),
    ),
  );
};

/** Its lifecycle rules. Throws NoSuchLifecycleConfiguration. */
export const getBucketLifecycle: Handler = ({ bucket: { lifecycle = [] } }) => {
  if (lifecycle.length === 0) {
    throw new R2Error('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist.');
  }
  return answer(
    'LifecycleConfiguration',
    lifecycle.map(({ id, prefix = '', expireDays, abortMultipartDays }) =>
      element('Rule', [
        element('ID', id),
        element('Status', 'Enabled'),
        element('Filter', [element('Prefix', prefix)]),
        ...(expireDays === undefined ? [] : [element('Expiration', [element('Days', expireDays)])]),
        ...(abortMultipartDays === undefined
          ? []
          : [element('AbortIncompleteMultipartUpload', [element('DaysAfterInitiation', abortMultipartDays)])]),
      ]),
    ),
  );
};
