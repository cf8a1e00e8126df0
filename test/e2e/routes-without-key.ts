import type { EndpointName } from '#functions/routes.ts';

/** Routes that change something and need no key, and why. */
export const withoutKey: Partial<Record<EndpointName, string>> = {
  'admin/developer-keys-revoke': 'what is revoked stays so, and nothing else goes',
  'admin/reconcile': 'every repair is conditional, and one run works at a time',
  'extensions/session-files-complete': 'an upload is completed once, and answered the same by its id',
  'extensions/session-files-delete': 'what is deleted stays so, and nothing else goes',
  'extensions/setup-files-complete': 'an upload is completed once, and answered the same by its id',
  'extensions/setup-files-staged-delete': 'what is deleted stays so, and nothing else goes',
  'organizations/workout-media-delete': 'what is deleted stays so, and nothing else goes',
  'organizations/workout-media-urls': 'it signs links and changes nothing',
  'platform/compliance-documents-delete': 'what is deleted stays so, and nothing else goes',
  'uploads/complete': 'an upload is completed once, and answered the same by its id',
  'uploads/delete': 'what is deleted stays so, and nothing else goes',
  'uploads/parts': 'it signs URLs of an upload by its id, and ends nothing',
};
