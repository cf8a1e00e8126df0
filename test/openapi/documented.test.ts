import { describe, expect, test } from 'vitest';
import { eventExamples } from '#openapi/examples/events.ts';
import { examples } from '#openapi/examples/index.ts';
import { complaintOf, complaintOfEvent, refusedInVain, type Told } from '#test/support/documented.ts';

/** Answers as they come, each with one thing the document does not tell of. */
const path = '/api/extensions/sessions/session-1/files/66f2a1b40a1b2c3d4e5f6071';
const headers = (more: Record<string, string> = {}) =>
  new Headers({
    'content-type': 'application/json; charset=utf-8',
    'x-request-id': 'JKJaXmPLvHcESHA=',
    'cache-control': 'no-store',
    ...more,
  });
const { file } = examples['extensions/session-files-get'].answer as { file: Record<string, unknown> };
const found = (body: unknown, more: Partial<Told> = {}): Told => ({ status: 200, headers: headers(), body, ...more });
const refused = (status: number, code: string, details?: unknown, more: Partial<Told> = {}): Told => ({
  status,
  headers: headers(),
  body: { status: 'error', code, message: 'No.', requestId: 'JKJaXmPLvHcESHA=', ...(details ? { details } : {}) },
  ...more,
});
const nameless = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store' });

describe('an answer', () => {
  test.each([
    ['of a file as it is described', path, found({ file })],
    ['of a refusal with the details of its code', path, refused(403, 'insufficient_scope')],
    [
      'of the gateway, in words of its own',
      path,
      { status: 503, headers: nameless, body: { message: 'Service Unavailable' } },
    ],
    [
      'of the gateway, with a status of its own',
      path,
      { status: 431, headers: nameless, body: { message: 'Too Large' } },
    ],
    ['of a path that no route has', '/nothing', refused(404, 'not_found')],
  ] as const)('%s is nothing to complain of', (_, url, told) => {
    // The gateway's 503 is told by the response of that status, or by the one for any other.
    expect(complaintOf('GET', url, told)).toBeUndefined();
  });

  test.each([
    ['with a field that is not described', found({ file: { ...file, extra: 1 } }), /additional properties/],
    ['without a field that always comes', found({ file: { ...file, id: undefined } }), /required property 'id'/],
    ['with a size that is no whole number', found({ file: { ...file, sizeBytes: 1.5 } }), /integer/],
    ['with a time that is none', found({ file: { ...file, uploadedAt: 'yesterday' } }), /date-time/],
    ['that is no JSON', found('file', { headers: headers({ 'content-type': 'text/html' }) }), /no JSON/],
    ['without the id of its request', found({ file }, { headers: nameless }), /no header x-request-id/],
    [
      'that caches may keep',
      found({ file }, { headers: headers({ 'cache-control': 'public' }) }),
      /header cache-control/,
    ],
    ['with a success of another kind', found({ file }, { status: 201 }), /no answer with status 201/],
    ['with a status that no refusal of this route has', refused(415, 'invalid_file_type'), /no answer with status 415/],
    ['with a code of another status', refused(403, 'file_not_found'), /body/],
    ['with a code that nobody knows', refused(403, 'forbidden'), /body/],
    ['with details of another code', refused(403, 'insufficient_scope', { maxBytes: 1 }), /body/],
    ['without the details of its code', refused(400, 'upload_not_found'), /body/],
    [
      'with a time to wait that is no number',
      refused(503, 'temporarily_unavailable', undefined, { headers: headers({ 'retry-after': 'soon' }) }),
      /header retry-after/,
    ],
  ] as const)('%s is complained of', (_, told, complaint) => {
    expect(complaintOf('GET', path, { ...told, body: JSON.parse(JSON.stringify(told.body)) })).toMatch(complaint);
  });

  test('to a deletion has no body', () => {
    expect(complaintOf('DELETE', path, { status: 204, headers: headers(), body: '' })).toBeUndefined();
    expect(complaintOf('DELETE', path, { status: 204, headers: headers(), body: {} })).toMatch(/a body/);
  });

  test('of a public page is the only one that caches may keep', () => {
    const page = { status: 200, body: examples['organizations/minisite-visit'].answer };
    const visit = (cache: string) =>
      complaintOf('GET', '/organizations/org-1/minisite', { ...page, headers: headers({ 'cache-control': cache }) });
    expect(visit('public, max-age=60')).toBeUndefined();
    expect(visit('no-store')).toMatch(/header cache-control/);
  });
});

describe('a request that succeeded', () => {
  const presign = '/api/extensions/sessions/session-1/files/presign';
  const declared = { filename: 'a.png', mimeType: 'image/png', sizeBytes: 1 };

  test.each([
    ['as it is described', 'POST', presign, declared],
    ['with more than is described', 'POST', presign, { ...declared, more: 1 }],
    ['with a field that was not filled in', 'POST', presign, { ...declared, purpose: '' }],
    ['with an id in capitals', 'GET', '/v1/upload/66F2A1B40A1B2C3D4E5F6071?limit=5', undefined],
    ['without a body that may be left out', 'POST', '/forms/by-token/abc/signature-upload', undefined],
    ['for a path that no route has', 'POST', '/nothing', { a: 1 }],
  ])('%s is allowed', (_, method, url, json) => {
    expect(refusedInVain(method, url, { json })).toBeUndefined();
  });

  test.each([
    ['with a body of another type', 'POST', presign, { ...declared, sizeBytes: '1' }, /the body/],
    ['without a body that is needed', 'POST', presign, undefined, /the body/],
    ['with a limit that is no number', 'GET', '/v1/upload?limit=many', undefined, /the parameter limit/],
    ['with an id that is none', 'GET', '/v1/upload/abc', undefined, /the parameter id/],
  ])('%s is complained of', (_, method, url, json, complaint) => {
    expect(refusedInVain(method, url, { json })).toMatch(complaint);
  });
});

describe('an event', () => {
  const event = eventExamples['file.deleted'];
  const signed = {
    'webhook-id': event.id,
    'webhook-timestamp': '1795168800',
    'webhook-signature': `v1,${'a'.repeat(43)}=`,
  };

  test.each(Object.values(eventExamples).map((each) => [each.type, each] as const))(
    'as the example of %s is nothing to complain of',
    (_, each) => {
      expect(complaintOfEvent(each)).toBeUndefined();
      expect(complaintOfEvent(each, { ...signed, 'content-type': 'application/json' })).toBeUndefined();
    },
  );

  test.each([
    ['of a type that is not described', { ...event, type: 'file.moved' }, signed, /no webhook file\.moved/],
    ['with the name of the file', { ...event, data: { ...event.data, originalName: 'a.png' } }, signed, /additional/],
    ['without what its type has', { ...event, data: { ...event.data, reason: undefined } }, signed, /reason/],
    ['of another version', { ...event, version: 2 }, signed, /version/],
    ['without a signature', event, { ...signed, 'webhook-signature': undefined }, /webhook-signature/],
    ['of a time that is none', event, { ...signed, 'webhook-timestamp': 'now' }, /webhook-timestamp/],
  ] as const)('%s is complained of', (_, told, headers, complaint) => {
    expect(complaintOfEvent(JSON.parse(JSON.stringify(told)), headers)).toMatch(complaint);
  });
});
