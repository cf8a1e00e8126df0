import type { Texts } from '../describe.ts';
import { id, link, named, time } from './words.ts';

const hexadecimal = '^[0-9A-Fa-f]{24}$';

/** Fields that mean the same in every operation that has them, unless the operation says otherwise. */
export const shared: Texts = {
  'path.appId': named("The extension's app.", 'puzzle'),
  'path.claimId': named('The claim, as it was answered when it was made.', '7f1c7e4e9d1b4c0f8a7d5c3b'),
  'path.documentId': id('The document. Capitals are taken, too.'),
  'path.fileId': id('The file, or the upload that is to be given up. Capitals are taken, too.'),
  'path.formId': named("The platform's form.", 'form-1'),
  'path.id': { ...id('The file: its `_id`. Capitals are taken, too.'), pattern: hexadecimal },
  'path.jobId': named("The platform's export job; it has one CSV at a time.", 'job-1'),
  'path.keyId': named('The key, as the list of keys names it; not the key itself.', '0f6b2b1c8d3e4f5061728394'),
  'path.orgId': named('The organization.', 'org-1'),
  'path.sessionId': named("The session; it must be the session token's.", 'session-1'),
  'path.userId': named('The user: the `sub` of their tokens.', 'user-1'),
  'path.workoutId': named('The workout.', 'workout-1'),

  'query.limit': {
    description:
      'Items of a page. More than 200 is taken for 200; left out, the answer has as many as it can carry, about 5 MB.',
    examples: [50],
  },
  'query.cursor': {
    ...id('Goes on where the answer that gave it ended. Left out, the list begins. Capitals are taken, too.'),
    pattern: hexadecimal,
  },

  'form.file':
    'The file, with a file name. At most 4,613,734 bytes (4.4 MiB) and what the settings allow; larger ones are presigned.',

  'json.uploadId': id('The upload whose bytes were PUT, as presigning answered it. Capitals are taken, too.'),
  'json.filename': named(
    'The name that people see, cleaned of paths and control characters and cut to 255 bytes. Says nothing of the type.',
    'front.jpg',
  ),
  'json.mime': named(
    'The same as `mimeType`, under its other name. Where both are sent they must agree.',
    'image/jpeg',
  ),
  'json.mimeType': named('The media type; the PUT must have it. One of `mimeType` and `mime` is needed.', 'image/jpeg'),
  'json.size': { description: 'The same as `fileSize`, under its other name. Where several are sent they must agree.' },
  'json.fileSize': 'Bytes; the PUT must have exactly as many. One of its spellings is needed.',
  'json.sizeBytes': 'Bytes; the PUT must have exactly as many. One of its spellings is needed.',

  'answer.file': 'The file as it is stored now.',
  'answer.cursor': named(
    'There is more: the same request with this `cursor` goes on. Absent on the last page.',
    '66f2a1b40a1b2c3d4e5f6071',
  ),
  'answer.stagedQuota': "What the caller's unexpired staged files of the app take, and what is left.",
  'answer.url': link('Opens without a token until `expiresAt`. Never store it.'),
  'answer.expiresAt': time('When the link ends.'),
  'answer.status': 'Always `success`; a refusal has `error` in its place.',
  'answer.message': 'For people.',
  'answer.document': 'The document as it is kept.',
  'answer.export': 'The CSV of the job.',
};
