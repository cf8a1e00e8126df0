import * as z from 'zod/mini';
import { standings } from '#core/extensions/administration/files.ts';
import { identifierPattern } from '#core/identity/tokens.ts';
import { checked } from './checked.ts';
import { atMost, idCursor, identifier, madeId, optionalIdentifier } from './parameters.ts';

/** A page of what administrators list: fifty unless told, so that nobody reads more than they look at. */
export const pageSize = z.optional(atMost(200));
export const defaultPageSize = 50;

const cursor = (pattern: RegExp) =>
  z.optional(checked(z.string(), z.regex(pattern, 'must be a cursor that this list gave')));

/** Part of a name or an id, in capitals or not. */
const search = z.optional(checked(z.string(), z.minLength(1), z.maxLength(255)));

/** Answers of most pages are looked at, and their pictures too; a program that only counts saves itself the signing. */
const links = z.optional(
  z.pipe(
    z.enum(['true', 'false']),
    z.transform((value) => value === 'true'),
  ),
);

export const appsQuery = z.object({ limit: pageSize, cursor: cursor(identifierPattern), search });

export const appFilesQuery = z.object({
  limit: pageSize,
  /** An id, or where a walk of deletions stands. */
  cursor: cursor(/^([0-9a-f]{24}|[0-7]:(\d{1,15}:[0-9a-f]{24})?)$/),
  state: z.optional(z.enum(standings)),
  sessionId: optionalIdentifier,
  userId: optionalIdentifier,
  search,
  links,
});

export const usageQuery = z.object({
  by: z.enum(['session', 'user', 'day']),
  limit: pageSize,
  /** A day, or the bytes and the id of the last one shown. */
  cursor: cursor(/^(\d{4}-\d{2}-\d{2}|\d{1,15}:[A-Za-z0-9._:@|+-]{1,128})$/),
});

export const auditQuery = z.object({ limit: pageSize, cursor: idCursor, appId: optionalIdentifier });

export const reportsQuery = z.object({ limit: z.optional(atMost(100)), cursor: idCursor });

export const uploadsQuery = z.object({
  ownerId: identifier,
  state: z.optional(z.enum(['stored', 'deleted'])),
  limit: pageSize,
  cursor: idCursor,
  links,
});

export const organizationUploadsQuery = z.object({ limit: pageSize, cursor: idCursor, links });
export const organizationParams = z.object({ orgId: identifier });
export const organizationFileParams = z.object({ orgId: identifier, fileId: madeId });
export const uploadFileParams = z.object({ fileId: madeId });
