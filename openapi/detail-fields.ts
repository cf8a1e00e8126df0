/** Fields of `details` that several refusals share, and those that are more than a line. */
import { id, named, time, whole } from './descriptions/words.ts';
import type { Json } from './json.ts';

const text = (description: string, example: string): Json => ({ type: 'string', ...named(description, example) });
export const ofId = (description: string): Json => ({ type: 'string', ...id(description) });
export const moment = (description: string): Json => ({ type: 'string', ...time(description) });
const object = (properties: Record<string, Json>, required: string[]): Json => ({
  type: 'object',
  properties,
  required,
});
export const list = (description: string, items: Json): Json => ({ type: 'array', description, items });

export const uploadId = ofId('The upload it is about.');
export const issues = list(
  'Every fault that was found.',
  object(
    {
      path: text('Where it stands: the part of the request, and the field in it.', 'body.sizeBytes'),
      message: text('What is wrong there.', 'must be at least 1'),
    },
    ['path', 'message'],
  ),
);

export const missingParts = list('Of an upload in parts, those that are not there, a hundred at most.', {
  type: 'integer',
  description: 'Counted from 1.',
});

/** Files of a config that a claim cannot have. */
export const files = list(
  'Every file of the config that fails, whatever its own code is.',
  object(
    {
      fileId: text('As the config names it.', '66f2a1b40a1b2c3d4e5f6071'),
      code: {
        enum: ['file_not_found', 'staged_file_expired', 'file_already_claimed'],
        type: 'string',
        description: 'Why this one fails.',
      },
      heldBy: {
        enum: ['lock', 'template', 'session'],
        type: 'string',
        description: 'What a claimed file belongs to; absent otherwise.',
      },
    },
    ['fileId', 'code'],
  ),
);
export const failing = (code: string) => ({ files: [{ fileId: '66f2a1b40a1b2c3d4e5f6071', code }] });

const pending = list(
  "The caller's own uploads that hold room and are not completed, twenty at most. Absent where there are none.",
  object(
    {
      uploadId: ofId('Gives the upload up, where it is deleted like a file.'),
      originalName: text('The name it was presigned for.', 'photo.png'),
      sizeBytes: whole('Bytes it holds.'),
      expiresAt: moment('When it gives way by itself.'),
    },
    ['uploadId', 'originalName', 'sizeBytes'],
  ),
);

export const quota = {
  details: {
    limitBytes: whole('Bytes that may be stored.'),
    usedBytes: whole('Bytes that are.'),
    requestedBytes: whole('Bytes this would have taken.'),
    remainingBytes: whole('Bytes that are left.'),
    limitFiles: whole('Files there may be; only where their number is at fault.'),
    usedFiles: whole('Files there are; only where their number is at fault.'),
    pending,
  },
  always: ['limitBytes', 'usedBytes', 'requestedBytes', 'remainingBytes'],
  example: { limitBytes: 52_428_800, usedBytes: 52_000_000, requestedBytes: 900_000, remainingBytes: 428_800 },
};

export const stopped = list(
  'What does not belong together; nothing was touched.',
  object(
    {
      reason: text('Why, for programs: see "What stops reconcile" in docs/operating.md.', 'table_restored'),
      bucket: text('Which bucket, by its role.', 'default'),
      message: text('What to do about it.', 'Correct the settings or restore the table.'),
    },
    ['reason', 'message'],
  ),
);

export const direct: Json = {
  ...object(
    {
      presign: text('Begins the direct upload: method and path.', 'POST /v1/upload/presign'),
      complete: text('Ends it: method and path.', 'POST /v1/upload/complete'),
      maxBytes: whole('Bytes that a direct upload may have.'),
    },
    ['presign', 'complete', 'maxBytes'],
  ),
  description: 'How to upload this file all the same; absent where it would not fit there either.',
};

export const typeOrNull = (description: string, example: string): Json => ({
  ...text(description, example),
  type: ['string', 'null'],
});
