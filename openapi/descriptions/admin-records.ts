import type { EndpointName } from '../../functions/routes.ts';
import type { Texts } from '../describe.ts';
import { id, link, named, time, whole } from './words.ts';

const page = {
  'query.limit': { description: 'Items of a page, 50 unless told; more than 200 is taken for 200.', examples: [50] },
  'query.cursor': id('Goes on where the answer that gave it ended. Left out, the list begins.'),
};
const links = { 'query.links': '`false` leaves the links out.' };

const stored: Texts = {
  id: id('The file.'),
  userId: named('Who uploaded it.', 'user-1'),
  originalName: named('The name it was uploaded with.', 'front.jpg'),
  mimeType: named('Its type; of an organization as it was declared.', 'image/jpeg'),
  sizeBytes: whole('Bytes.'),
  createdAt: time('When its upload began.'),
  updatedAt: time('When its record last changed.'),
  expiresAt: time('When it goes unless something keeps it; null where nothing of the kind is set.'),
  signedUrl: link(
    'Opens without a token until `urlExpiresAt`. Never store it. Absent where the bytes are not to be had.',
  ),
  urlExpiresAt: time('When the link ends.'),
};

export const adminRecordComponents: Record<string, Texts> = {
  AuditEntry: {
    '': 'A change by an administrator.',
    id: id('Names the entry.'),
    at: time('When.'),
    by: named('The `sub` of the service token; null where it had none.', 'admin-1'),
    action: 'What was done. `reconcile.run` is written before the run.',
    appId: named('The app it concerns; null where it is none.', 'puzzle'),
    subject: 'What it was done to, where that is one thing.',
    'subject.type': 'A file, a key or a queue of dead letters.',
    'subject.id': id('Its id.'),
    changes: 'Settings that changed, by name.',
    'changes.from': 'What it was.',
    'changes.to': 'What it is.',
    details: "What else there is to know: a deleted file's name, owner and size, a key's label.",
  },
  DeadLetter: {
    '': 'A message that failed for good.',
    id: id('Names the message, until it is moved.'),
    sentAt: time('When it was sent first.'),
    receiveCount: whole('How often it was handed out since it failed, looks among them.'),
    body: named('The message, its first 4,096 characters.', '{"type":"lock","lockId":"lock-1"}'),
  },
  DeadLetterQueue: {
    '': 'Where messages lie that failed for good.',
    name: named('Names it in paths.', 'cleanup'),
    host: named('Where its messages were to be posted, of a webhook.', 'hooks.example.com'),
    messages: whole('About how many lie in it.'),
    redrivable: 'False for notes of where records of a stream were, which are nobody’s messages.',
    task: 'The last time its messages were sent back, null where none is known.',
  },
  KeptReport: {
    '': 'What a run of reconcile found.',
    id: id('Names the report.'),
    by: 'What asked for the run: the hourly `schedule`, or an `administrator`.',
    startedAt: time('When it began.'),
    endedAt: time('When it ended.'),
    report: 'As the run answered or logged it; of counters that drifted the first fifty.',
  },
  MoveTask: {
    '': 'Messages on their way back to the queue they failed in.',
    status: 'One that is `failed` or `cancelled` has moved some of them; ask again.',
    moved: whole('About how many were moved so far.'),
    total: whole('About how many there were; null where that is not known.'),
  },
  OrganizationUpload: {
    '': 'A file of an organization, as administrators see it.',
    ...stored,
    organizationId: named('The organization.', 'org-1'),
    ownerType: named('What it is for.', 'progress_photo'),
    state:
      '`pending`: its bytes are awaited. `staged`: waits for its row. `kept`: a row has it. `expired`: its clean-up is to come.',
    parentId: named('What took it: a row, a document, a workout.', '66f2a1b40a1b2c3d4e5f6072'),
    retainedUntil: time('Before then nobody deletes it; null where nothing is retained.'),
  },
  UserUpload: {
    '': 'A file of the uploads API, as administrators see it.',
    ...stored,
    state:
      '`ready`. `quarantine`: held for a scanner. `deleted`: its owner may restore it until `expiresAt`. `expired`: its clean-up is to come.',
    public: 'Whether it opens, or will, without a signature.',
    coinName: named("The owner's coin it was uploaded for.", 'gold'),
    deletedAt: time('When its owner deleted it.'),
  },
};

export const adminRecordOperations: Partial<Record<EndpointName, Texts>> = {
  'admin/audit-list': {
    ...page,
    'query.appId': named('Only what concerns this app.', 'puzzle'),
    'answer.items': 'Newest first.',
  },
  'admin/dead-letters-list': { 'answer.queues': 'In an order that stays.' },
  'admin/dead-letters-look': { 'path.queue': named('Of the list.', 'cleanup'), 'answer.messages': 'Ten at most.' },
  'admin/dead-letters-redrive': { 'path.queue': named('Of the list.', 'cleanup') },
  'admin/organization-uploads-delete': {
    'path.fileId': id('The file, as the list names it. Capitals are taken, too.'),
  },
  'admin/organization-uploads-list': { ...page, ...links, 'answer.items': 'Newest first.' },
  'admin/reconcile-reports': {
    'query.limit': {
      description: 'Reports of a page, 20 unless told; more than 100 is taken for 100.',
      examples: [20],
    },
    'query.cursor': page['query.cursor'],
    'answer.items': 'Newest first.',
  },
  'admin/uploads-list': {
    ...page,
    ...links,
    'query.ownerId': named('Whose: the `sub` of their tokens.', 'user-1'),
    'query.state': '`stored` unless told, or `deleted`: what its owner may still restore.',
    'answer.items': 'Newest first.',
    'answer.count': whole('How long the whole list is.'),
  },
};
