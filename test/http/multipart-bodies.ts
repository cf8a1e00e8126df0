/** Form bodies as real clients write them, byte for byte, and what every one of them means. */

/** Every byte value, line ends of both kinds, dashes, and the beginning of a delimiter that is none. */
export const fileBytes = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from('\r\n--\r\n----\r\n--Not-It\r\n\r\n'),
]);

export interface ClientForm {
  client: string;
  contentType: string;
  boundary: string;
  body: Buffer;
  filename: string;
  declaredType: string;
}

interface Dialect {
  client: string;
  boundary: string;
  contentType?: string;
  text: (name: string) => string;
  file: string;
  filename: string;
  declaredType: string;
  before?: string;
  after?: string;
  /** Blanks after every delimiter. */
  padding?: string;
}

const quoted = (name: string) => `Content-Disposition: form-data; name="${name}"`;

const dialects: Dialect[] = [
  {
    client: 'Chrome and Safari',
    boundary: '----WebKitFormBoundary7MA4YWxkTrZu0gW',
    text: quoted,
    file: `${quoted('file')}; filename="pu%22zzle ü.png"\r\nContent-Type: image/png`,
    filename: 'pu"zzle ü.png',
    declaredType: 'image/png',
  },
  {
    client: 'Firefox',
    boundary: '----geckoformboundary8c79e61efa53dc5d441481912ad86759',
    text: quoted,
    file: `${quoted('file')}; filename="写真.png"\r\nContent-Type: image/png`,
    filename: '写真.png',
    declaredType: 'image/png',
  },
  {
    client: 'Internet Explorer, which sends the whole path',
    boundary: '---------------------------7d01ecf406a6',
    text: quoted,
    file: `${quoted('file')}; filename="C:\\Users\\me\\puzzle.png"\r\nContent-Type: image/x-png`,
    filename: 'puzzle.png',
    declaredType: 'image/x-png',
  },
  {
    client: 'curl before 7.81, which escapes quotes with a backslash',
    boundary: '------------------------d74496d66958873e',
    text: quoted,
    file: `${quoted('file')}; filename="a\\"b.png"\r\nContent-Type: application/octet-stream`,
    filename: 'a"b.png',
    declaredType: 'application/octet-stream',
  },
  {
    client: 'curl 8',
    boundary: '------------------------bGnEkVeNdbTr5Sc2rY3Bma',
    text: quoted,
    file: `${quoted('file')}; filename="puzzle.png"\r\nContent-Type: image/png`,
    filename: 'puzzle.png',
    declaredType: 'image/png',
  },
  {
    client: '.NET HttpClient, whose boundary is quoted',
    boundary: '9051914041544843365972754266',
    contentType: 'multipart/form-data; boundary="9051914041544843365972754266"',
    text: (name) => `Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=${name}`,
    file: 'Content-Disposition: form-data; name=file; filename="=?utf-8?B?w7wucG5n?="; filename*=utf-8\'\'%C3%BC.png',
    filename: 'ü.png',
    declaredType: 'text/plain',
  },
  {
    client: 'Dart http',
    boundary: "dart-http-boundary-_3Q.A+zB7'x,-/(1):=?w",
    text: (name) => `content-disposition: form-data; name="${name}"`,
    file: 'content-type: image/png\r\ncontent-disposition: form-data; name="file"; filename="puzzle.png"',
    filename: 'puzzle.png',
    declaredType: 'image/png',
  },
  {
    client: 'Apache HttpClient 4, charset first',
    boundary: '-_Kp.X9+GvTzs_wN',
    contentType: 'multipart/form-data; charset=UTF-8;boundary=-_Kp.X9+GvTzs_wN',
    text: (name) =>
      `${quoted(name)}\r\nContent-Type: text/plain; charset=ISO-8859-1\r\nContent-Transfer-Encoding: 8bit`,
    file: `${quoted('file')}; filename="puzzle.png"\r\nContent-Type: IMAGE/PNG\r\nContent-Transfer-Encoding: binary`,
    filename: 'puzzle.png',
    declaredType: 'image/png',
  },
  {
    client: 'Python requests, which guesses no type',
    boundary: 'c0c46a5929c2ce4c935c9cff85bf11d4',
    text: quoted,
    file: `${quoted('file')}; filename="puzzle.png"`,
    filename: 'puzzle.png',
    declaredType: 'text/plain',
  },
  {
    client: 'Python urllib3 1.x with a name beyond ASCII',
    boundary: 'e8f2a1bb04d14ea58a0c8eb35ed3dd1e',
    text: quoted,
    file: `${quoted('file')}; filename*=utf-8''r%C3%A4tsel%20%E2%82%AC.png`,
    filename: 'rätsel €.png',
    declaredType: 'text/plain',
  },
  {
    client: 'Go mime/multipart',
    boundary: 'f3c2b7a1de6cc1ab9bd7e36a6de1b2a0c5b6f80e1d2c3b4a5968778695a4',
    text: quoted,
    file: `${quoted('file')}; filename="say \\"hi\\".png"\r\nContent-Type: application/octet-stream`,
    filename: 'say "hi".png',
    declaredType: 'application/octet-stream',
  },
  {
    client: 'OkHttp and Guzzle, which count the bytes of each part',
    boundary: '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
    text: (name) => `${quoted(name)}\r\nContent-Length: 7`,
    file: `${quoted('file')}; filename="puzzle.png"\r\nContent-Type: image/png\r\nContent-Length: ${fileBytes.length}`,
    filename: 'puzzle.png',
    declaredType: 'image/png',
  },
  {
    client: 'a mail library, with preamble, folded header and epilogue',
    boundary: '=_NextPart 000 0001',
    contentType: 'Multipart/Form-Data;\tBoundary="=_NextPart 000 0001"; charset=us-ascii',
    text: quoted,
    file: `Content-Disposition: form-data;\r\n name="file"; filename="puzzle.png"\r\nContent-Type: image/png; name="puzzle.png"`,
    filename: 'puzzle.png',
    declaredType: 'image/png',
    before: 'This is a multi-part message in MIME format.\r\n\r\n',
    after: '\r\nNothing to see here.\r\n',
  },
  {
    client: 'Jakarta Mail, which writes names as encoded words',
    boundary: '----=_Part_1_1234567.1700000000000',
    contentType: 'multipart/form-data; boundary="----=_Part_1_1234567.1700000000000"',
    text: (name) => `${quoted(name)}\r\nContent-Transfer-Encoding: 7bit`,
    file: `${quoted('file')}; filename="=?UTF-8?Q?r=C3=A4tsel_?= =?iso-8859-1?Q?=f6.png?="\r\nContent-Type: image/png`,
    filename: 'rätsel ö.png',
    declaredType: 'image/png',
  },
  {
    client: 'a relay that pads its delimiters',
    boundary: 'relay',
    text: quoted,
    file: `${quoted('file')}; filename="=?utf-8?b?cHV6emxlLnBuZw==?="`,
    filename: 'puzzle.png',
    declaredType: 'text/plain',
    padding: ' \t',
  },
];

/** One form for each client: `purpose` is `preview`, then the file, then `draftId` `draft 1`. */
export const clientForms: ClientForm[] = dialects.map((dialect) => ({
  client: dialect.client,
  boundary: dialect.boundary,
  contentType: dialect.contentType ?? `multipart/form-data; boundary=${dialect.boundary}`,
  filename: dialect.filename,
  declaredType: dialect.declaredType,
  body: Buffer.concat([
    Buffer.from(dialect.before ?? ''),
    form(
      dialect.boundary,
      [
        [dialect.text('purpose'), 'preview'],
        [dialect.file, fileBytes],
        [dialect.text('draftId'), 'draft 1'],
      ],
      dialect.padding,
    ),
    Buffer.from(dialect.after ?? ''),
  ]),
}));

/** A well-framed form of these parts, each given as its header block and its bytes. */
export function form(boundary: string, parts: [headers: string, bytes: string | Uint8Array][], padding = ''): Buffer {
  const encoded = parts.flatMap(([headers, bytes]) => [
    Buffer.from(`--${boundary}${padding}\r\n${headers}\r\n\r\n`),
    Buffer.from(bytes),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...encoded, Buffer.from(`--${boundary}--${padding}\r\n`)]);
}

/** The event the gateway makes of a form. */
export function eventOf(contentType: string, body: Uint8Array) {
  return {
    headers: { 'content-type': contentType },
    body: Buffer.from(body).toString('base64'),
    isBase64Encoded: true,
  };
}
