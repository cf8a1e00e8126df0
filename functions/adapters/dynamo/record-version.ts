/**
 * The form of a file's record, written with every record and looked at wherever one is read (docs/design.md, "Forms of a
 * record"). A record without a number is of form 1, as all were before there were numbers.
 */
import { AppError } from '#core/files/errors.ts';

/** What this build writes. Raised only for what an earlier build would misread, never for a field it may ignore. */
export const recordForm = 1;

/** Name of the attribute: short, since it is in every record and in every index that carries whole records. */
export const formAttribute = 'v';

/**
 * Lets through what this build can read. A record is written whole, so that a build that read a later form would drop
 * what it does not know; it leaves such a record alone, which is right while two builds run and after one was taken back.
 * @throws AppError `temporarily_unavailable`, with ids and form in its cause
 */
export function requireKnownForm(item: Record<string, unknown>): void {
  const form = item[formAttribute];
  if (form === undefined || (typeof form === 'number' && form <= recordForm)) return;
  throw new AppError('temporarily_unavailable', 'This file is being moved to a newer version. Try again shortly.', {
    retryAfterSeconds: 5,
    cause: new Error(
      `The record ${item.pk ?? item.id} has the form ${form}, this build knows ${recordForm}: deploy a later one`,
    ),
  });
}
