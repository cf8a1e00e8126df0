import type { Texts } from '../describe.ts';
import { id, named, time, whole } from './words.ts';

const envelope = (eventId: string): Texts => ({
  id: named('The same each time the event is told again: skip what you have seen.', eventId),
  type: 'What happened; says what is in `data`.',
  time: time('When it happened, not when it was told.'),
  version: 'Of the form. New types and fields may come under the same version: skip those you do not know.',
  source: named('The stage that tells it.', 'stowage.prod'),
  data: 'Whom and what it is about.',
});

const ofFile = envelope('evt_66f2a1b40a1b2c3d4e5f6071_2_mjv3ye4g');

const facts: Texts = {
  fileId: id('The file.'),
  sequence: whole(
    'Grows with every event of this file: what comes with a smaller one than was seen is older. A gap means nothing.',
  ),
  system: 'Where it belongs, which says what else is told of it.',
  userId: named('Who uploaded it.', 'user-1'),
  mimeType: named('What it is.', 'image/webp'),
  sizeBytes: whole('Bytes, copies by presets included, as quotas count it.'),
  appId: named("Of an extension's file: the app.", 'puzzle'),
  sessionId: named("Of an extension's file: the session it counts in.", 'session-1'),
  holder: 'What the file lives with by a claim; of one that was released or deleted, what it lived with before.',
  'holder.type': 'What it is.',
  'holder.id': named('Its id.', 'lock-1'),
  staged: "Of an extension's file: whether it waits for its claim.",
  purpose: named('What it was uploaded for, in the words of the uploader.', 'puzzle-image'),
  draftId: named('The setup screen that it was staged in.', 'draft-1'),
  orgId: named("Of an organization's file: the organization.", 'org-1'),
  ownerType: "Of an organization's file: what it is for.",
  parentId: named('What took the upload: a row, a document, a workout.', '66f2a1c00a1b2c3d4e5f6072'),
  visibility: 'Of the uploads API: whether its URL opens without a signature.',
};

/** Events, and what they are about. */
export const eventComponents: Record<string, Texts> = {
  FileClaimedEvent: ofFile,
  FileDeletedEvent: ofFile,
  FileReadyEvent: ofFile,
  FileReleasedEvent: ofFile,
  QuotaNearEvent: envelope('evt_quota_9f86d081884c7d659a2feaa0c55ad015'),
  FileFacts: {
    '': 'A file as events tell it: whose it is and what it is, and nothing by which its bytes could be read.',
    ...facts,
  },
  DeletedFacts: {
    '': 'A file that is no longer given out, and why.',
    ...facts,
    reason: 'Its time was over, a scanner rejected it, or somebody or something it belonged to ended it.',
  },
  QuotaFacts: {
    '': 'How full the storage of an app is.',
    appId: named('The app.', 'puzzle'),
    threshold: whole('Percent of the limit that the app has passed on its way up: 80 or 95.'),
    usedBytes: whole('Bytes that are stored.'),
    limitBytes: whole('Bytes that may be stored.'),
  },
};
