import type { EndpointName } from '../../functions/routes.ts';
import type { Texts } from '../describe.ts';
import { blankable, id, link, named, time, whole } from './words.ts';

export const extensionComponents: Record<string, Texts> = {
  StoredFile: {
    '': 'A picture as extensions see it. Keep its `id`; everything else may be asked for again.',
    id: id('24 hexadecimal digits that sort by time. The one thing of a file to keep.'),
    signedUrl: link('Opens without a token until `urlExpiresAt`, ten minutes at most. Never store it.'),
    publicUrl: link('The same URL as `signedUrl`, under its older name; nothing about it is public.'),
    urlExpiresAt: time('When `signedUrl` ends. Ask for the file again before.'),
    sizeBytes: whole('Bytes that are stored and counted, not those that were sent.'),
    originalName: named('The name it was uploaded under, cleaned; at most 255 bytes.', 'puzzle.jpg'),
    mimeType: named('What is stored; pictures are written anew as WebP.', 'image/webp'),
    purpose: named('What it is for, in the words of whoever uploaded it; null where nothing was said.', 'puzzle-image'),
    uploadedAt: time('When its upload began.'),
    width: whole('Pixels, turned upright; null for what is no picture.'),
    height: whole('Pixels, turned upright; of an animation one frame. Null for what is no picture.'),
    thumbhash: named(
      'A blurred placeholder of some 25 bytes (ThumbHash, base64), to show until the picture is there; null where there is none.',
      '3OcRJYB4d3h/iIeHeEh3eIhw+j2w',
    ),
    variants:
      'Smaller copies by the name of their preset, where the app had presets when the file was stored. They are counted with the file.',
    staged: 'Only while the file waits for its claim: it goes at `expiresAt`.',
    draftId: named('Only of a staged file: the draft it was uploaded for, or null.', 'draft-1'),
    expiresAt: time('Only of a staged file: when it goes unless it is claimed.'),
    readOnly: "Only of a template's file that a clone's session sees: it is not counted and cannot be deleted there.",
  },
  Variant: {
    '': "A preset's copy of a picture, or the picture itself where that is no larger than the preset.",
    signedUrl: link('Opens without a token as long as that of the file. Never store it.'),
    width: whole('Pixels.'),
    height: whole('Pixels.'),
    sizeBytes: whole('Bytes of this copy.'),
  },
  PresignedUpload: {
    '': 'How to upload: PUT the bytes to `uploadUrl` with exactly `headers`, then complete.',
    uploadId: id('Completes the upload, or gives it up.'),
    uploadUrl: link('Takes one PUT, again until the upload is completed. Never store it.'),
    method: 'Always `PUT`.',
    headers: 'To be sent exactly so, and no `Content-Encoding`: they are part of the signature.',
    contentLength: whole(
      'Bytes the body must have; clients set the header themselves. Absent where no size was declared.',
    ),
    maxBytes: whole('Bytes the body may have at most; only where no size was declared.'),
    expiresIn: whole('Seconds for which the URL works.'),
  },
  Quota: {
    '': "A user's staged files of one app.",
    bytesUsed: whole('Bytes of unexpired staged files, and of direct uploads that are not completed yet.'),
    fileCount: whole('How many these are.'),
    maxBytes: whole('Bytes that may be staged, as the administrator decided.'),
    remainingBytes: whole('Bytes that may still be staged; 0 where a lowered limit is passed already.'),
  },
};

const purpose = blankable('What the file is for, in your own words.', 'puzzle-image');
const draftId = blankable(
  'An id of your choice for one opening of the setup screen; the same for all its files.',
  'draft-1',
);
const declared = {
  'json.mimeType': named('What the bytes are; the PUT must have it, and the bytes must be it.', 'image/png'),
  'json.sizeBytes': 'Bytes; the PUT must have exactly as many.',
  'json.purpose': purpose,
};
const capabilities = {
  'answer.enabled': 'Whether an administrator has turned storage on for the app.',
  'answer.provider': 'Where bytes lie; always `r2`.',
  'answer.r2Configured': 'Whether there is a bucket. Without one every upload is refused.',
};
const state = {
  'answer.state': 'The JSON that was written last.',
};

export const extensionOperations: Partial<Record<EndpointName, Texts>> = {
  'extensions/session-capabilities': {
    ...capabilities,
    'answer.settings': 'The limits an upload meets.',
    'answer.settings.enabled': 'The same as `enabled` beside it.',
    'answer.settings.maxFileBytes': whole('Bytes of one upload, as it is sent.'),
    'answer.settings.maxBytesPerApp': whole('Bytes that all sessions and users of the app may store.'),
    'answer.settings.maxBytesPerSession': whole('Bytes that one session may store.'),
    'answer.settings.maxStagedBytesPerUserPerApp': whole('Bytes that one user may stage.'),
    'answer.settings.allowedMimePrefixes': named('What the type of the bytes must begin with, one of these.', 'image/'),
  },
  'extensions/session-files-list': { 'answer.items': 'Newest first.' },
  'extensions/session-files-presign': declared,
  'extensions/session-files-upload': { 'form.purpose': purpose },
  'extensions/session-state-get': {
    ...state,
    'answer.state': 'The JSON that was written last; `{}` until something was.',
    'answer.updatedAt': time('When it was written; null until something was.'),
  },
  'extensions/session-state-put': {
    ...state,
    'answer.updatedAt': time('When it was written: now, or at the first request with this Idempotency-Key.'),
  },
  'extensions/setup-capabilities': {
    ...capabilities,
    'answer.supportsStagedSetupFiles': 'Whether files can be staged right now: storage is on, and there is a bucket.',
  },
  'extensions/setup-files-presign': { ...declared, 'json.draftId': draftId },
  'extensions/setup-files-stage': { 'form.purpose': purpose, 'form.draftId': draftId },
  'extensions/setup-files-staged-list': {
    'query.purpose': blankable('Only files of this purpose.', 'puzzle-image'),
    'query.draftId': blankable('Only files of this draft. Left out, those of all drafts.', 'draft-1'),
    'answer.items': 'Newest first; nothing that has expired.',
  },
};
