import type { EndpointName } from '../../functions/routes.ts';
import type { Texts } from '../describe.ts';
import { id, link, named, time, whole } from './words.ts';

const key = named('Its name in the bucket.', 'progress-photos/user-1/66f2a1b40a1b2c3d4e5f6071.jpg');
const createdAt = time('When it was stored.');
const organizationId = named('The organization.', 'org-1');
const page = {
  updatedAt: time('When it was published.'),
  content: 'The JSON object that was published, as it came.',
};

export const organizationComponents: Record<string, Texts> = {
  ConsumedFile: {
    '': 'A file that a row, a page, a logo or a workout has taken, with a link.',
    uploadId: id('The upload it was.'),
    key,
    mimeType: named('As it was declared; the PUT had to have it.', 'image/jpeg'),
    sizeBytes: whole('Bytes.'),
    originalName: named('The name it was uploaded under, cleaned.', 'front.jpg'),
    url: link(
      'Opens without a token until `urlExpiresAt`; the same for everybody who asks within a while. Never store it.',
    ),
    urlExpiresAt: time('When `url` ends, an hour at most. Ask again before.'),
  },
  Parent: {
    '': 'Progress photos, an exercise comment or a message, with the files it has taken.',
    id: id('The row; it sorts by time.'),
    organizationId,
    userId: named('Who wrote it.', 'user-1'),
    text: named('Only of comments and messages: what was written.', 'Knees behind the toes?'),
    note: named('Only of progress photos, where one was sent.', 'week 4'),
    takenAt: named(
      'Only of progress photos, where it was sent: a date, or a time with its zone, as it came.',
      '2026-11-20',
    ),
    createdAt: time('When it was written.'),
    files: 'In the order of `uploadIds`; none of a text alone.',
  },
  Parents: {
    '': "A page of a user's rows.",
    items: 'Newest first.',
    cursor: id('There is more: the same request with this `cursor` goes on. Absent on the last page.'),
  },
  Minisite: {
    '': 'A page as members see it.',
    ...page,
    assets: 'All assets of the page, with links.',
    public: 'Whether visitors may read it.',
  },
  VisitedMinisite: {
    '': 'A page as visitors see it.',
    ...page,
    assets: 'All assets of the page, with links; without their names and keys.',
    'assets.uploadId': id('The asset, as the content of the page may refer to it.'),
    'assets.mimeType': named('As it was declared; the PUT had to have it.', 'image/webp'),
    'assets.sizeBytes': whole('Bytes.'),
    'assets.url': link('Opens without a token until `urlExpiresAt`.'),
    'assets.urlExpiresAt': time('When `url` ends, minutes after any cache has dropped this answer.'),
  },
  ComplianceDocument: {
    '': 'A signed PDF, kept for seven years.',
    id: id('The document; it sorts by time.'),
    organizationId,
    formId: named('The form it is of; null where none was named.', 'form-1'),
    signatureUploadId: id('The signature that is kept with it; null where none was named.'),
    key: named('Its name in the compliance bucket.', 'compliance/org-1/66f2a1b40a1b2c3d4e5f6071.pdf'),
    originalName: named('The name it was uploaded under, cleaned.', 'contract.pdf'),
    mimeType: 'Always `application/pdf`.',
    sizeBytes: whole('Bytes.'),
    createdAt,
    retainedUntil: time('Until then it cannot be deleted.'),
  },
  ExportFile: {
    '': 'The CSV that a job has now.',
    jobId: named('The job.', 'job-1'),
    organizationId,
    key: named('Its name in the bucket; another one after the job was run again.', 'exports/org-1/job-1.csv'),
    sizeBytes: whole('Bytes.'),
    createdAt,
  },
};

const written: Texts = {
  'json.uploadIds': id('1 to 20 uploads of one organization, each once. Left out or empty for a text alone.'),
  'json.organizationId': named('Needed for a text alone; beside uploads it must be their organization.', 'org-1'),
  'json.text': 'What is written; not blank where there are no uploads.',
};

const rows: Texts = {
  'query.userId': named(
    'Whose rows the platform asks for; it must name one. A user gets their own, whoever is named.',
    'user-1',
  ),
  'query.organizationId': named('Only rows of this organization. Left out, those of all.', 'org-1'),
  'query.limit': { description: 'Rows of a page, 50 unless told.', default: 50, examples: [50] },
};

const ownerOf = (what: string) =>
  named(`Whose ${what} the platform means; it must name one. A user has their own, whoever is named.`, 'user-1');

const deletedRow: Texts = {
  'path.id': id(
    'The row, as its creation and the list answer it. Capitals are taken, too.',
    '66f2a1c40a1b2c3d4e5f6072',
  ),
  'query.userId': ownerOf('row'),
};

const userId = named('The member the platform acts for; it must name one. A user acts for themselves.', 'user-1');

export const organizationOperations: Partial<Record<EndpointName, Texts>> = {
  'organizations/exercise-comments-create': written,
  'organizations/exercise-comments-delete': deletedRow,
  'organizations/exercise-comments-list': rows,
  'organizations/logo-upload': { 'answer.logo': 'The logo as members see it from now on.' },
  'organizations/messages-create': written,
  'organizations/messages-delete': deletedRow,
  'organizations/messages-list': rows,
  'organizations/minisite-content-put': {
    'json.content': 'Any JSON object, at most 256 KiB of it.',
    'json.assetUploadIds': id(
      'All assets of the page from now on: 40 at most, 15 new ones at a time. Those it no longer names are deleted; left out, they stay.',
    ),
    'json.public': 'Whether visitors may read the page. Left out, that stays as it is; at first they may not.',
  },
  'organizations/progress-photos-create': {
    'json.uploadIds': id('1 to 20 uploads of one organization, each once.'),
    'json.takenAt': 'A date, or a time with its zone. It is answered as it came.',
    'json.note': 'Text of at most 10,000 characters.',
  },
  'organizations/progress-photos-delete': deletedRow,
  'organizations/progress-photos-list': rows,
  'organizations/signature-upload': {
    'path.token': named('The form token of the link; what it is worth ends with it.', '<43 characters>'),
    'json.mimeType': named('Always `image/png`, which it is unless told.', 'image/png'),
    'json.mime': named('The same as `mimeType`, under its other name.', 'image/png'),
    'json.sizeBytes': 'Bytes, at most 1 MB. Left out, the PUT may have `maxBytes` at most.',
  },
  'organizations/uploads-delete': {
    'path.uploadId': id('The upload, as presigning answered it. Capitals are taken, too.'),
    'query.userId': ownerOf('upload'),
  },
  'organizations/uploads-presign': {
    'json.ownerType': 'What will take the upload; types and sizes follow from it. `message` is for the platform alone.',
    'json.userId': userId,
  },
  'organizations/workout-media-delete': {
    'path.uploadId': id('The media, by the upload they were. Capitals are taken, too.'),
  },
  'organizations/workout-media-upload': {
    'json.userId': userId,
    'answer.media': "The media; its `key` is what a workout's body refers to.",
  },
  'organizations/workout-media-urls': {
    'json.keys': named(
      '1 to 100 keys, all of this workout; one from anywhere else refuses the whole request.',
      'workouts/org-1/workout-1/66f2a1b40a1b2c3d4e5f6071.mp4',
    ),
    'answer.urls': 'Links to what is in the bucket, in the order asked for.',
    'answer.urls.key': named('As it was asked for.', 'workouts/org-1/workout-1/66f2a1b40a1b2c3d4e5f6071.mp4'),
    'answer.urls.url': link('Opens without a token until `urlExpiresAt`. Never store it.'),
    'answer.urls.urlExpiresAt': time('When `url` ends, an hour at most.'),
    'answer.missing': 'Keys of which nothing is in the bucket.',
  },
};
