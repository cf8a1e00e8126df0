/** What the platform does for organizations (docs/contract.md, "Organizations"). */
import type { Caller, CallOptions } from './caller.ts';
import { declared, formOf, type NamedFile, stored, storedDirectly } from './files.ts';
import { everyItem } from './lists.ts';
import type { AnswerOf, JsonOf, Operation, Schemas } from './operations.ts';

const organization = '/platform/organizations/{orgId}';
const documents = `${organization}/compliance-documents` as const;
const job = `${organization}/exports/{jobId}` as const;
const media = '/organizations/{orgId}/workouts/{workoutId}/media';
const presigning = '/organizations/{orgId}/uploads/presign';

export type Member = AnswerOf<Operation<'put', `${typeof organization}/members/{userId}`>>;
export type SignatureToken = AnswerOf<Operation<'post', `${typeof organization}/forms/{formId}/signature-tokens`>>;
export type OpenedDocument = AnswerOf<Operation<'get', `${typeof documents}/{documentId}`>>;
export type ExportLink = AnswerOf<Operation<'get', '/organizations/{orgId}/exports/{jobId}/url'>>;
export type MemberUpload = JsonOf<Operation<'post', typeof presigning>> & { userId: string };

type Offer = Schemas['PresignedUpload'];

/** What a document belongs to. */
export interface DocumentFacts {
  formId?: string;
  signatureUploadId?: string;
}

/** Whose rows are read, of which organization. */
export interface RowsOf {
  userId: string;
  organizationId: string;
}

/** Who is a member. */
export const membersOf = ({ call }: Caller) => ({
  set: (orgId: string, userId: string, status: Member['status'], options?: CallOptions): Promise<Member> =>
    call('put', `${organization}/members/{userId}`, { path: { orgId, userId }, json: { status } }, options),
});

/** Links by which somebody without an account signs a form once. */
export const signatureTokensOf = ({ call }: Caller) => ({
  /** A day unless told. A try that is repeated gets another token in place of the one that nobody heard of. */
  create: (
    orgId: string,
    formId: string,
    { expiresInSeconds, ...options }: CallOptions & { expiresInSeconds?: number } = {},
  ): Promise<SignatureToken> => {
    const json = expiresInSeconds === undefined ? {} : { expiresInSeconds };
    return call('post', `${organization}/forms/{formId}/signature-tokens`, { path: { orgId, formId }, json }, options);
  },
});

/** Signed PDFs, kept for seven years. */
export function complianceOf(caller: Caller) {
  const { call } = caller;
  return {
    /** Stores a PDF: by form up to 4 MB, directly up to 100 MB. */
    store: async (
      orgId: string,
      { formId, signatureUploadId, ...file }: NamedFile & DocumentFacts,
      options?: CallOptions,
    ): Promise<Schemas['ComplianceDocument']> => {
      const path = { orgId };
      const known = declared({ ...file, mimeType: 'application/pdf' });
      const { filename, sizeBytes } = known;
      const facts = {
        ...(formId !== undefined && { formId }),
        ...(signatureUploadId !== undefined && { signatureUploadId }),
      };
      const upload = (json: JsonOf<Operation<'post', `${typeof documents}/upload`>>, as = options) =>
        call('post', `${documents}/upload`, { path, json }, as);
      const ways = {
        inRequest: () => call('post', documents, { path, form: formOf(known, facts) }, options),
        presign: async () => (await upload({ filename, sizeBytes, ...facts })) as Offer,
        complete: async (uploadId: string, as: CallOptions) =>
          (await upload({ uploadId }, as)) as { document: Schemas['ComplianceDocument'] },
      };
      return (await stored(caller, known, ways, options)).document;
    },
    /** Newest first. */
    list: (orgId: string, options?: CallOptions): AsyncGenerator<Schemas['ComplianceDocument'], void> =>
      everyItem((cursor) => call('get', documents, { path: { orgId }, query: { cursor } }, options)),
    /** With a link that works for 60 seconds. */
    get: (orgId: string, documentId: string, options?: CallOptions): Promise<OpenedDocument> =>
      call('get', `${documents}/{documentId}`, { path: { orgId, documentId } }, options),
    /** Rejects with `retained_until` as long as the document must be kept. */
    delete: async (orgId: string, documentId: string, options?: CallOptions): Promise<void> => {
      await call('delete', `${documents}/{documentId}`, { path: { orgId, documentId } }, options);
    },
  };
}

/** CSVs that jobs make and members download. */
export function exportsOf(caller: Caller) {
  const { call } = caller;
  return {
    /** Gives a job its CSV, in place of what it had: in the request up to 4 MB, directly up to 100 MB. */
    run: async (
      orgId: string,
      jobId: string,
      csv: string | NamedFile['bytes'],
      options?: CallOptions,
    ): Promise<Schemas['ExportFile']> => {
      const path = { orgId, jobId };
      const bytes = typeof csv === 'string' ? new TextEncoder().encode(csv) : csv;
      const known = declared({ bytes, mimeType: 'text/csv' });
      const upload = (json: JsonOf<Operation<'post', `${typeof job}/upload`>>, as = options) =>
        call('post', `${job}/upload`, { path, json }, as);
      const ways = {
        inRequest: () => call('post', job, { path, csv: known.blob }, options),
        presign: async () => (await upload({ sizeBytes: known.sizeBytes })) as Offer,
        complete: async (uploadId: string, as: CallOptions) =>
          (await upload({ uploadId }, as)) as { export: Schemas['ExportFile'] },
      };
      return (await stored(caller, known, ways, options)).export;
    },
    /** A download that works for 60 seconds. */
    url: (orgId: string, jobId: string, options?: CallOptions): Promise<ExportLink> =>
      call('get', '/organizations/{orgId}/exports/{jobId}/url', { path: { orgId, jobId } }, options),
  };
}

/** Media of workouts, for the member who is named. */
export function workoutsOf(caller: Caller) {
  const { call } = caller;
  return {
    /** Stores a picture or a film directly; `key` is what the workout's body refers to. */
    upload: async (
      { orgId, workoutId, userId }: { orgId: string; workoutId: string; userId: string },
      file: NamedFile,
      options?: CallOptions,
    ): Promise<Schemas['ConsumedFile']> => {
      const path = { orgId, workoutId };
      const known = declared(file);
      const { mimeType, filename, sizeBytes: fileSize } = known;
      const ways = {
        presign: async () => {
          const json = { userId, mimeType, filename, fileSize };
          return (await call('post', media, { path, json }, options)) as Offer;
        },
        complete: async (uploadId: string, as: CallOptions) => {
          const answer = await call('post', media, { path, json: { userId, uploadId } }, as);
          return (answer as { media: Schemas['ConsumedFile'] }).media;
        },
      };
      return await storedDirectly(caller, known, ways, options);
    },
    delete: async (
      path: { orgId: string; workoutId: string; uploadId: string },
      options?: CallOptions,
    ): Promise<void> => {
      await call('delete', `${media}/{uploadId}`, { path }, options);
    },
  };
}

/** Uploads that the platform presigns for a member; those of messages only it may. */
export const uploadsOf = ({ call }: Caller) => ({
  /** Gives up an upload that nothing has taken yet. */
  delete: async (
    { userId, ...path }: { orgId: string; userId: string; uploadId: string },
    options?: CallOptions,
  ): Promise<void> => {
    await call('delete', '/organizations/{orgId}/uploads/{uploadId}', { path, query: { userId } }, options);
  },
  presign: (orgId: string, upload: MemberUpload, options?: CallOptions): Promise<Offer> =>
    call('post', presigning, { path: { orgId }, json: upload }, options),
});

/** A member's rows, for whoever the platform lets see them, and for an account that is erased. */
export const rowsOf = ({ call }: Caller, path: '/progress-photos' | '/exercise-comments' | '/messages') => ({
  /** Newest first. */
  list: (of: RowsOf, options?: CallOptions): AsyncGenerator<Schemas['Parent'], void> =>
    everyItem((cursor) => call('get', path, { query: { ...of, cursor } }, options)),
  /** Deletes a row with its files, a former member's too. */
  delete: async ({ userId, id }: { userId: string; id: string }, options?: CallOptions): Promise<void> => {
    await call('delete', `${path}/{id}`, { path: { id }, query: { userId } }, options);
  },
});

/** Pages that organizations published. */
export const minisiteOf = ({ call }: Caller) => ({
  /** As a visitor sees it; `not_found` where it is not public. */
  visit: (orgId: string, options?: CallOptions): Promise<Schemas['VisitedMinisite']> =>
    call('get', '/organizations/{orgId}/minisite', { path: { orgId } }, options),
});
