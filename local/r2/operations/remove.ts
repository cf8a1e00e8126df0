/** DeleteObject and DeleteObjects: idempotent, and held back only by a bucket lock. */
import { incomingBody, readSmallBody } from '../body.ts';
import { R2Error } from '../errors.ts';
import { assertUnlocked } from '../lock.ts';
import type { Context, Handler } from '../types.ts';
import { element, parseDelete, xmlDocument } from '../xml.ts';

/** A thousand keys of 1024 bytes, each byte as a numeric reference, fit in it. */
const maxDeleteBytes = 8 * 2 ** 20;

/** 204 whether or not there was an object. */
export const deleteObject: Handler = (context) => {
  removeKey(context, context.key);
  return { status: 204 };
};

/** Deletes up to 1000 keys; each has its own outcome in the answer, which is 200 even when some failed. */
export const deleteObjects: Handler = async (context) => {
  const { keys, quiet } = parseDelete(
    await readSmallBody(incomingBody(context.request, context.payload), maxDeleteBytes),
  );
  const outcomes = keys.map((key) => {
    try {
      removeKey(context, key);
      return quiet ? '' : element('Deleted', [element('Key', key)]);
    } catch (error) {
      if (!(error instanceof R2Error)) throw error;
      return element('Error', [element('Key', key), element('Code', error.code), element('Message', error.message)]);
    }
  });
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: xmlDocument('DeleteResult', outcomes) };
};

function removeKey({ store, bucket, now, admitWrite }: Context, key: string): void {
  store.remove(bucket.name, key, (current) => {
    admitWrite(key);
    assertUnlocked(bucket, current, now);
  });
}
