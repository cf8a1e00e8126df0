/** What can be asked of buckets. Differs from real R2: every bucket was created at the epoch and lies in `auto`. */
import { R2Error } from '../errors.ts';
import type { Handler } from '../types.ts';
import { element, xmlDocument } from '../xml.ts';

/** The buckets given at start. */
export const listBuckets: Handler = ({ bucketNames }) => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: xmlDocument('ListAllMyBucketsResult', [
    element(
      'Buckets',
      bucketNames.map((name) =>
        element('Bucket', [element('Name', name), element('CreationDate', new Date(0).toISOString())]),
      ),
    ),
  ]),
});

/** Tools ask for a bucket before they write to it. Those there are were given at start. */
export const createBucket: Handler = () => {
  const message = 'Your previous request to create the named bucket succeeded and you already own it.';
  throw new R2Error('BucketAlreadyOwnedByYou', message);
};

/** The server checked that it exists. */
export const headBucket: Handler = () => ({ status: 200, headers: { 'x-amz-bucket-region': 'auto' } });

/** R2 has one region. */
export const getBucketLocation: Handler = () => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: xmlDocument('LocationConstraint', ['auto']),
});
