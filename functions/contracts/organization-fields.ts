import * as z from 'zod/mini';
import { maxUploadsPerParent } from '#core/organizations/parents.ts';
import type { Declared } from '#core/organizations/staging.ts';
import { checked } from './checked.ts';
import { cleanFileName } from './file-name.ts';
import { idCursor, identifier, madeId, optionalIdentifier } from './parameters.ts';

export const organizationParams = z.object({ orgId: identifier });
export const jobParams = z.object({ orgId: identifier, jobId: identifier });
export const workoutParams = z.object({ orgId: identifier, workoutId: identifier });

const bytes = z.optional(checked(z.int(), z.minimum(1)));

/**
 * Both spellings are taken, `mime` and `size` as well as `mimeType` and `fileSize`
 * (docs/contract.md, "Presign and PUT").
 */
export const declarationFields = {
  mime: z.optional(checked(z.string(), z.maxLength(100))),
  mimeType: z.optional(checked(z.string(), z.maxLength(100))),
  size: bytes,
  fileSize: bytes,
  filename: z.optional(checked(z.string(), z.maxLength(1000))),
};

type DeclarationInput = {
  mime?: string | undefined;
  mimeType?: string | undefined;
  size?: number | undefined;
  fileSize?: number | undefined;
  filename?: string | undefined;
};

/** What is wrong with a declaration whose fields are each all right, by field; undefined when nothing is. */
export function declarationIssue(input: DeclarationInput): { path: string; message: string } | undefined {
  const { mime, mimeType, size, fileSize } = input;
  if (mime === undefined && mimeType === undefined) return { path: 'mimeType', message: 'must say the type' };
  if (size === undefined && fileSize === undefined) return { path: 'fileSize', message: 'must say the size in bytes' };
  if (mime !== undefined && mimeType !== undefined && mime !== mimeType) {
    return { path: 'mimeType', message: 'must be the same as mime' };
  }
  if (size !== undefined && fileSize !== undefined && size !== fileSize) {
    return { path: 'fileSize', message: 'must be the same as size' };
  }
  return undefined;
}

/** Refuses a declaration that says too little, or two things at once. */
export const isDeclared = <T extends DeclarationInput>() =>
  z.check<T>((context) => {
    const issue = declarationIssue(context.value);
    if (issue === undefined) return;
    context.issues.push({ code: 'custom', message: issue.message, path: [issue.path], input: context.value });
  });

export function declaredOf(input: DeclarationInput): Declared {
  return {
    mimeType: input.mimeType ?? input.mime ?? '',
    sizeBytes: input.fileSize ?? input.size ?? 0,
    originalName: input.filename === undefined ? undefined : cleanFileName(input.filename),
  };
}

/** A size alone, where the type is given: all spellings of it are taken. */
export const sizeFields = { size: bytes, sizeBytes: bytes, fileSize: bytes };

interface SizeInput {
  size?: number | undefined;
  sizeBytes?: number | undefined;
  fileSize?: number | undefined;
}

/** The sizes that are said, in bytes; one of them unless the caller contradicts itself. */
export function sizesOf({ size, sizeBytes, fileSize }: SizeInput): Set<number> {
  return new Set([size, sizeBytes, fileSize].filter((said) => said !== undefined));
}

/** Refuses a declaration of no size, and of two. */
export const hasOneSize = <T extends SizeInput>() =>
  z.refine<T>((given) => sizesOf(given).size === 1, { error: 'must say the size in bytes', path: ['sizeBytes'] });

/** The size a checked declaration says, in bytes. */
export const sizeOf = (given: SizeInput): number => [...sizesOf(given)][0] ?? 0;

/** What names an upload, in a body; the same in capitals. */
export const uploadId = checked(z.string(), z.maxLength(128), z.toLowerCase());

/** Ids of uploads, each once: the same upload twice in one row would be one file with two names. */
export const uploadIds = checked(z.array(uploadId), z.minLength(1), z.maxLength(maxUploadsPerParent), areUnique());

export function areUnique() {
  return z.refine<string[]>((ids) => new Set(ids).size === ids.length, 'must name each upload once');
}

export const note = checked(z.string(), z.maxLength(10_000));

export const parentsQuery = z.object({
  /** Whose rows the platform asks for; a user has their own, whoever they name. */
  userId: optionalIdentifier,
  organizationId: optionalIdentifier,
  limit: z.optional(checked(z.coerce.number(), z.int(), z.minimum(1), z.maximum(100))),
  cursor: idCursor,
});

/** Whose row or upload it is, where the platform asks; a user's own, whoever they name. */
export const ownerQuery = z.object({ userId: optionalIdentifier });

export const rowParams = z.object({ id: madeId });

/** Rows of a list unless the caller says otherwise. */
export const defaultLimit = 50;

/** What people write to each other: with uploads, which say the organization, or without any, which need it named. */
export const writtenFields = {
  uploadIds: z.optional(checked(z.array(uploadId), z.maxLength(maxUploadsPerParent), areUnique())),
  organizationId: optionalIdentifier,
  text: note,
};

type Written = { uploadIds?: string[] | undefined; organizationId?: string | undefined; text: string };

/** Refuses a row of nothing, and one that is of no organization. */
export const saysSomething = <T extends Written>() =>
  z.check<T>((context) => {
    const { uploadIds = [], organizationId, text } = context.value;
    if (uploadIds.length > 0) return;
    const refuse = (field: string, message: string) =>
      context.issues.push({ code: 'custom', message, path: [field], input: context.value });
    if (organizationId === undefined)
      refuse('uploadIds', 'must name an upload, or organizationId the organization of a text alone');
    else if (text.trim() === '') refuse('text', 'must not be empty without uploads');
  });
