import type { EndpointName } from '#functions/routes.ts';

/** Routes that change something and need no key, and why. */
export const withoutKey: Partial<Record<EndpointName, string>> = {
  'admin/app-files-delete': 'what is deleted stays so, and nothing else goes',
  'admin/dead-letters-redrive': 'one move of a queue works at a time, and what is moved is gone from there',
  'admin/developer-keys-revoke': 'what is revoked stays so, and nothing else goes',
  'admin/organization-uploads-delete': 'what is deleted stays so, and nothing else goes',
  'admin/reconcile': 'every repair is conditional, and one run works at a time',
  'admin/uploads-delete': 'what is deleted stays so, and nothing else goes',
  'extensions/session-files-complete': 'an upload is completed once, and answered the same by its id',
  'extensions/session-files-delete': 'what is deleted stays so, and nothing else goes',
  'extensions/setup-files-complete': 'an upload is completed once, and answered the same by its id',
  'extensions/setup-files-staged-delete': 'what is deleted stays so, and nothing else goes',
  'organizations/exercise-comments-delete': 'what is deleted stays so, and nothing else goes',
  'organizations/messages-delete': 'what is deleted stays so, and nothing else goes',
  'organizations/progress-photos-delete': 'what is deleted stays so, and nothing else goes',
  'organizations/uploads-delete': 'what is deleted stays so, and nothing else goes',
  'organizations/workout-media-delete': 'what is deleted stays so, and nothing else goes',
  'organizations/workout-media-urls': 'it signs links and changes nothing',
  'platform/compliance-documents-delete': 'what is deleted stays so, and nothing else goes',
  'platform/scans-verdict': 'a verdict is on bytes that do not change, and the same again is answered the same',
  'uploads/complete': 'an upload is completed once, and answered the same by its id',
  'uploads/restore': 'what is restored stays so until it is deleted again',
  'uploads/delete': 'what is deleted stays so, and nothing else goes',
  'uploads/parts': 'it signs URLs of an upload by its id, and ends nothing',
};
