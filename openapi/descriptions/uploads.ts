import type { EndpointName } from '../../functions/routes.ts';
import type { Texts } from '../describe.ts';
import { blankable, id, link, named, time, whole } from './words.ts';

const upload: Texts = {
  _id: id('24 hexadecimal digits that sort by time.'),
  name: named('Its name in the bucket.', 'public/user-1/ac5af6e7-08f2-42d0-9900-fdb729c82951.png'),
  uploaded_by: named('The user it belongs to.', 'user-1'),
  type: named('What the bytes are; of a text also what it is called.', 'image/png'),
  size: named('Bytes, as a string of digits.', '383373'),
  bucket: named('The bucket it lies in.', 'stowage-public'),
  url: link('Of a public file its address, which opens. Of a private one its name, which opens only with a signature.'),
  meta: 'What else is known of it.',
  'meta.originalName': named('The name it was uploaded under, cleaned.', '80:20 rule.png'),
  status: 'False once the file was deleted.',
  deletedAt: time('When it was deleted; null while it was not.'),
  createdAt: time('When its upload began.'),
  updatedAt: time('When it was deleted or restored, or else when its upload began: nothing else of a file changes.'),
  scan: '`pending` while a verdict is waited for and nothing is given out; absent otherwise.',
  __v: 'Always 0; clients of an earlier service expect it.',
};

const coinName = blankable('The coin the file is of.', 'Bitcoin');
const success = (data: string): Texts => ({ 'answer.data': data });

/** Of an upload in parts. */
const inParts: Texts = Object.fromEntries(
  Object.entries({
    uploadId: id('The upload: the `_id` of the file it becomes.'),
    method: 'How each part is sent.',
    partSizeBytes: 'Bytes of every part but the last, which has the rest.',
    partCount: 'How many parts the file has.',
    uploadedParts: 'The parts that are there with the right size.',
    'uploadedParts.partNumber': 'Counted from 1.',
    'uploadedParts.sizeBytes': 'Its bytes.',
    'uploadedParts.etag': named(
      'MD5 of its bytes in hexadecimal digits, quoted.',
      '"bce6bf66aeb76c7040fdd5f4eccb78e6"',
    ),
    parts: 'Where parts go, each by a PUT of its bytes without any header; at most a hundred.',
    'parts.partNumber': 'Counted from 1: part `n` begins at byte `(n - 1) * partSizeBytes`.',
    'parts.uploadUrl': link('Takes this part until `expiresIn` is over. Never store it.'),
    'parts.contentLength': 'Bytes of this part; the PUT must have exactly as many.',
    expiresIn: 'Seconds the URLs live. Ask for parts again then.',
    expiresAt: time('Until when the upload can be completed, unless its parts are asked for again before.'),
  }).map(([name, text]) => [`answer.data.${name}`, text]),
);

export const uploadComponents: Record<string, Texts> = {
  Upload: { '': 'A file of the uploads API.', ...upload },
  NewUpload: { '': 'The same as `Upload`, with `_id` behind `deletedAt`.', ...upload },
};

export const uploadOperations: Partial<Record<EndpointName, Texts>> = {
  'uploads/complete': success('The file, as the form upload answers it.'),
  'uploads/delete': success('The file, with `status` false and `deletedAt` set.'),
  'uploads/get': success('The file.'),
  'uploads/list': {
    'query.page': { description: 'Pages count from 1; not together with `cursor`.', default: 1, examples: [1] },
    'query.limit': {
      description: 'Files of a page, 10 unless told. More than 100 is taken for 100.',
      default: 10,
      examples: [10],
    },
    'query.coinName': blankable('Only files of this coin, however its letters are composed.', 'Bitcoin'),
    'query.deleted': 'True for deleted files that may be restored; not together with `coinName`.',
    'query.cursor': {
      ...id('Walks instead of `page`: empty to begin, then the `cursor` of each answer.'),
      pattern: '^([0-9A-Fa-f]{24})?$',
    },
    'answer.data': 'A page of the list.',
    'answer.data.count': whole('How many files there are in all; exact.'),
    'answer.data.pages': whole('How many pages these are; exact.'),
    'answer.data.data': 'The files of this page, newest first.',
    'answer.data.cursor': id('Only where the request walks by cursor and there is more.'),
  },
  'uploads/parts': {
    ...success('What is there, and where the next parts go.'),
    ...inParts,
    'path.id': id('The upload, as presigning answered it. Capitals are taken, too.'),
    'json.numbers': 'The parts that URLs are wanted for, counted from 1. Left out, the first hundred of those missing.',
  },
  'uploads/presign': {
    ...success('How to upload.'),
    ...inParts,
    'json.parts':
      'True to send the file in parts, each of which may be sent again by itself; the answer then has `parts`.',
    'json.mimeType': named(
      'What the bytes are; the PUT must have it. Left out or empty where the client does not know.',
      'video/mp4',
    ),
    'json.sizeBytes': 'Bytes; the PUT must have exactly as many.',
    'json.private': 'True for a file that opens only by a signed link of its owner. Public unless told.',
    'json.coinName': coinName,
  },
  'uploads/restore': success('The file, with `status` true and `deletedAt` null.'),
  'uploads/upload-private': { ...success('The file.'), 'form.coinName': coinName },
  'uploads/upload-public': { ...success('The file.'), 'form.coinName': coinName },
  'uploads/url': { 'answer.data': link('Opens the file for 300 seconds. Never store it.') },
};
