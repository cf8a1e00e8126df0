import { expireFile, releaseExpired } from '#core/files/sweep.ts';
import { clock, files, objects } from '#runtime/container.ts';
import { withDeadline } from '#runtime/deadline.ts';
import { expiryHandler } from '#runtime/expiry-handler.ts';

/** The alarm clock of staged files and direct uploads, woken when TTL has removed a ticket; one may come twice or late. */
export const handler = withDeadline(
  expiryHandler(
    (fileId) => expireFile({ files: files(), objects: objects(), clock }, fileId),
    (fileIds) => releaseExpired({ files: files(), objects: objects(), clock }, fileIds),
  ),
);
