import type { EndpointName } from '../../functions/routes.ts';
import type { Texts } from '../describe.ts';
import { id, link, named, time, whole } from './words.ts';

const signature = {
  formId: named('The form the document is of.', 'form-1'),
  signatureUploadId: id('The signature to keep with it, as its presigning answered. Capitals are taken, too.'),
};

export const platformOperations: Partial<Record<EndpointName, Texts>> = {
  'platform/claims-create': {
    'json.userId': named('Whose staged files these are.', 'user-1'),
    'json.target': 'What is being saved.',
    'json.target.type': 'A lock, or a template that locks are cloned from.',
    'json.target.id': named('Its id.', 'lock-1'),
    'json.target.sessionId': named(
      "The lock's session; its files then count against the session's quota. Left out while there is none.",
      'session-1',
    ),
    'json.config':
      'Any JSON, to 256 KiB and 100 levels. Each object with `provider: "chastify_storage"` and a `fileId` is a reference; at most 90 different files.',
    'json.replace':
      'True where the config is all that the target shows: files of earlier claims go. False unless told.',
    'answer.claimId': named(
      'Takes the claim back, should the config not be saved after all.',
      '7f1c7e4e9d1b4c0f8a7d5c3b',
    ),
    'answer.config': 'The config to save: as it came, without the links on its references.',
    'answer.claimed': id('The files that belong to the target now.'),
    'answer.deleted': id('Files that went: the rest of the draft, and what `replace` released.'),
  },
  'platform/compliance-documents-create': {
    'form.formId': signature.formId,
    'form.signatureUploadId': signature.signatureUploadId,
  },
  'platform/compliance-documents-list': {
    'query.limit': { description: 'Documents of a page, 50 unless told. More than 200 is taken for 200.', default: 50 },
    'answer.items': 'Newest first; without links. May miss a document of the last moments.',
  },
  'platform/compliance-documents-upload': {
    'json.formId': signature.formId,
    'json.signatureUploadId': signature.signatureUploadId,
  },
  'platform/lifecycle-events': {
    'answer.eventId': named('The event that was accepted.', 'event-1'),
    'answer.status': 'Always `accepted`: what follows is done later.',
  },
  'platform/members-put': {
    'json.status': 'Whether the user may do what takes a membership, from now on.',
    'answer.organizationId': named('The organization.', 'org-1'),
    'answer.userId': named('The user.', 'user-1'),
    'answer.status': 'As it holds now.',
    'answer.updatedAt': time('When it was said.'),
  },
  'platform/scans-get': {
    'path.fileId': id('As the message of the scan queue names it.'),
    'answer.fileId': id('The file.'),
    'answer.sizeBytes': whole('Bytes.'),
    'answer.mimeType': named('What its first bytes say it is.', 'application/zip'),
    'answer.etag': named('Of the bytes behind the link; the verdict names it.', '"9b2cf535f27731c974343645a3985328"'),
    'answer.url': link('Opens the bytes for 300 seconds. Never store it.'),
    'answer.urlExpiresAt': time('When the link ends.'),
  },
  'platform/scans-verdict': {
    'path.fileId': id('The file that was judged.'),
    'json.verdict': 'What the scanner says of the bytes.',
    'json.engine': named('Which scanner, and by which data.', 'clamav 1.4.3/27800'),
    'json.signature': named('What was found, in the words of the scanner.', 'Eicar-Test-Signature'),
    'json.etag': named('Of the bytes that were judged, as the scan told it.', '"9b2cf535f27731c974343645a3985328"'),
    'answer.fileId': id('The file.'),
    'answer.verdict': 'The verdict that holds.',
  },
  'platform/signature-tokens-create': {
    'json.expiresInSeconds': { description: 'Seconds that the token works; a day unless told.', default: 86_400 },
    'answer.token': named('For the link to the form; told this once. Allows one PNG.', '<43 characters>'),
    'answer.expiresAt': time('When the token ends.'),
  },
};

/** Events, by what they are about. */
export const platformComponents: Record<string, Texts> = {
  LifecycleEvent: {
    '': 'What happened to an app, a session, a lock or a template. May come twice, late or out of order.',
    eventId: named('Names the event, for logs.', 'event-1'),
    type: 'What happened.',
    appId: named('The app that is gone: its storage is off for good, and all its files go.', 'puzzle'),
    sessionId: named('The session that is gone, with its files and state.', 'session-1'),
    lockId: named('The lock that is gone, or that is the clone.', 'lock-1'),
    templateId: named('The template that is gone, or that was cloned.', 'template-1'),
  },
};
