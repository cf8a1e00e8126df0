import type { EndpointName } from '../../functions/routes.ts';
import type { Texts } from '../describe.ts';
import { id, link, named, time, whole } from './words.ts';

const ready = 'Only where the bytes are there and links were asked for.';

const file: Texts = {
  id: id('The file.'),
  appId: named('The app it counts in.', 'puzzle'),
  state:
    '`pending`: its bytes are awaited. `staged`: waits for its claim. `claimed`: a lock or template has it by a claim. `session`: uploaded where it is. `expired`: its time is over, its clean-up still to come. `deleting`: gone for everybody, its bytes may still be there.',
  originalName: named('The name it was uploaded with.', 'front.jpg'),
  mimeType: named('What its bytes are.', 'image/webp'),
  sizeBytes: whole('Bytes that it counts, those of its copies among them. While `pending`, the most it may become.'),
  width: { description: 'Pixels; null of what is no image, or not stored yet.', type: 'integer' },
  height: { description: 'Pixels, likewise.', type: 'integer' },
  thumbhash: 'A placeholder to show before the image loads, base64.',
  userId: named('Who uploaded it.', 'user-1'),
  sessionId: named('The session it counts in.', 'session-1'),
  holder: 'The lock or template it lives and dies with; null while it is staged.',
  'holder.type': 'Which of the two.',
  'holder.id': named('Its id.', 'lock-1'),
  purpose: named("What it is for, in the extension's words.", 'cover'),
  draftId: named('The draft it was staged for.', 'draft-1'),
  createdAt: time('When its upload began.'),
  updatedAt: time('When its record last changed.'),
  expiresAt: time('When it goes unless it is claimed, or its upload finished; null where nothing of the kind is set.'),
  signedUrl: link(`Opens without a token until \`urlExpiresAt\`. Never store it. ${ready}`),
  urlExpiresAt: time(`When the link ends. ${ready}`),
};

export const adminFileComponents: Record<string, Texts> = {
  AppSummary: {
    '': 'An app in the list of all.',
    appId: named('The app.', 'puzzle'),
    enabled: 'Whether anything more may be stored.',
    usedBytes: whole('Bytes that all its sessions and users store now.'),
    fileCount: whole('How many files these are.'),
    maxBytes: whole('Bytes it may store.'),
    createdAt: time('When it was first given settings or a key; null where that was before apps were listed.'),
    updatedAt: time('When an administrator last changed its settings or made it a key; null likewise.'),
  },
  AppFile: { '': 'A file of an app, as administrators see it.', ...file },
  AppFileDetails: {
    '': 'A file of an app with what a list leaves out.',
    ...file,
    bucketKey: 'Where its bytes are, in the default bucket.',
    claimIds: 'The claims that stand on it, newest last.',
    variants: 'Copies of its own by preset.',
    'variants.width': whole('Pixels.'),
    'variants.height': whole('Pixels.'),
    'variants.sizeBytes': whole('Bytes.'),
  },
  FileReasons: {
    '': 'Why a file is there, or is not any more.',
    state: 'Where the file stands.',
    summary: 'For people.',
    heldBy: 'What keeps it from going; empty where nothing does.',
    'heldBy.type': 'What it is: a lock, a template, a session, or the user who staged the file.',
    'heldBy.id': named('Its id.', 'lock-1'),
    'heldBy.deletedAt': time('When the platform told of its deletion; absent while it lives.'),
    'heldBy.clones': whole('Of a template: locks that show its files.'),
    goes: 'When it goes, and by what.',
    'goes.by':
      '`expiry`: by the alarm of its time. `sweep`: by the hourly reconcile. `worker`: by the cleanup queue. `holder`: whenever what holds it is deleted.',
    'goes.at': time('Not before then; absent where nobody knows.'),
    'goes.summary': 'For people.',
    cleanups: 'Clean-ups that are asked for and not done.',
    'cleanups.type':
      'What is cleaned up: everything of an app, session, lock or template, the `file` itself, or what a direct upload may have left (`incoming`).',
    'cleanups.id': named('Its id.', 'lock-1'),
    'cleanups.since': time('When it was asked for.'),
    'cleanups.againAt': time('When the hourly reconcile does it, should the queue not.'),
    timeline: 'What is known to have happened, oldest first. A claim that was rolled back is no more on it.',
    'timeline.at': time('When.'),
    'timeline.event': 'What, for programs.',
    'timeline.summary': 'What, for people.',
    'timeline.userId': named('The user who did it, where that is known.', 'user-1'),
    'timeline.claimId': named('The claim.', '7f1c7e4e9d1b4c0f8a7d5c3b'),
  },
};

export const adminFileOperations: Partial<Record<EndpointName, Texts>> = {
  'admin/apps-list': {
    'query.limit': { description: 'Apps of a page, 50 unless told; more than 200 is taken for 200.', examples: [50] },
    'query.cursor': named('Goes on where the answer that gave it ended. Left out, the list begins.', 'puzzle'),
    'query.search': named('Only apps whose id contains this, in capitals or not.', 'puz'),
    'answer.items': 'In the order of their ids.',
    'answer.cursor': named(
      'There is more: the same request with this `cursor` goes on. Absent on the last page.',
      'puzzle',
    ),
  },
  'admin/app-files-list': {
    'query.limit': { description: 'Files of a page, 50 unless told; more than 200 is taken for 200.', examples: [50] },
    'query.cursor': id('Goes on where the answer that gave it ended. Left out, the list begins.'),
    'query.state': 'Only files that stand so. Those that are being deleted are listed by `deleting` only.',
    'query.sessionId': named('Only files that count in this session.', 'session-1'),
    'query.userId': named('Only what this user uploaded.', 'user-1'),
    'query.search': named('Only files whose name contains this, in capitals or not.', 'front'),
    'query.links': '`false` leaves the links out.',
    'answer.items': 'Newest first; of deletions, the soonest to be looked at first.',
  },
  'admin/app-files-get': {
    'answer.file': 'The file.',
    'answer.why': 'Why it is there, or is not any more.',
  },
  'admin/app-usage': {
    'query.by': '`session`, `user` (what users have staged), or `day`.',
    'query.limit': {
      description: 'Items of a page, 50 unless told and 90 of days; more than 200 is taken for 200.',
      examples: [50],
    },
    'query.cursor': named(
      'Goes on where the answer that gave it ended. Left out, the list begins.',
      '7340032:session-1',
    ),
    'answer.by': 'As it was asked for.',
    'answer.items':
      'Sessions and users: what used most when reconcile last saw it comes first, as it is now. Days: newest first.',
    'answer.items.sessionId': named('By session: which.', 'session-1'),
    'answer.items.userId': named('By user: which.', 'user-1'),
    'answer.items.day': named('By day: which, in UTC.', '2026-01-31'),
    'answer.items.at': time('By day: the moment of it at which the app used this.'),
    'answer.items.usedBytes': whole('Bytes, those of direct uploads under way among them.'),
    'answer.items.fileCount': whole('How many files these are.'),
    'answer.cursor': named(
      'There is more: the same request with this `cursor` goes on. Absent on the last page.',
      '7340032:session-1',
    ),
  },
};
