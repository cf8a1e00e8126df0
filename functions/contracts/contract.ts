import type * as z from 'zod/mini';
import type { ErrorCode } from '#core/files/errors.ts';
import type { Wording } from './refusals.ts';

/** Chapters of the API document. */
export type Tag = 'extensions, session' | 'extensions, setup' | 'platform' | 'admin' | 'uploads' | 'organizations';

/**
 * What an endpoint accepts and answers. The types of its parts are inferred from here, the pipeline checks what is named
 * here and nothing else, and the API document is made of these values.
 */
export interface Contract {
  tag: Tag;
  /** What a caller has to know beyond the row's summary: one or two sentences for the API document. */
  description: string;
  /** Every parameter of the row's path. */
  params?: z.ZodMiniObject;
  query?: z.ZodMiniType;
  /** A JSON body. */
  json?: z.ZodMiniType;
  /** Text fields of a multipart form whose `file` field is the upload. */
  form?: z.ZodMiniObject;
  /** A body that is the upload itself: its media type. */
  raw?: string;
  success: 200 | 201 | 202 | 204;
  answer?: z.ZodMiniType;
  /**
   * Seconds that anybody's cache may keep the answer. Only where it is the same for everybody, and shorter than any link in it
   * lives; left out, no cache keeps it.
   */
  cacheSeconds?: number;
  /**
   * Honours an `Idempotency-Key`: the same key and content again give the first answer again. `true` where the use case
   * itself knows what the first request made; `answered` where the answer is kept (see `once`).
   */
  idempotent?: true | 'answered';
  /** What it may refuse beyond what its parts, its proof and its row imply. */
  refuses?: readonly ErrorCode[];
  /** Where its surface tells refusals in its own way. */
  wording?: Wording;
}

export type Parsed<S> = S extends z.ZodMiniType ? z.output<S> : undefined;
