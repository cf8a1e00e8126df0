import { AppError } from '#core/files/errors.ts';

/** One answer for "is not there", "is another's" and "is being deleted": nobody learns that an id exists. */
export const fileNotFound = () =>
  new AppError('file_not_found', 'There is no such file here. It may have been deleted.');
