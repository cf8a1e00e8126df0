import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { parseSecrets, signedHeaders } from '#adapters/webhooks/signature.ts';

const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;
const body = JSON.stringify({ type: 'file.ready', text: 'Grüße' });
const message = { id: 'evt_1', body, at: new Date() };

describe('the signature', () => {
  test('is what the reference implementation of Standard Webhooks makes and takes', () => {
    const secret = secretOf('a');
    const headers = signedHeaders(parseSecrets(secret), message);
    const reference = new Webhook(secret);
    expect(headers['webhook-signature']).toBe(reference.sign(message.id, message.at, body));
    expect(reference.verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => reference.verify(`${body} `, headers)).toThrow(/signature/i);
  });

  test('is there twice while a secret is rotated, so that receivers of either take it', () => {
    const secrets = `${secretOf('b')}\n${secretOf('a')}\n`;
    const headers = signedHeaders(parseSecrets(secrets), message);
    for (const letter of ['a', 'b']) expect(new Webhook(secretOf(letter)).verify(body, headers)).toBeTruthy();
    expect(() => new Webhook(secretOf('c')).verify(body, headers)).toThrow();
  });
});

test.each(['', 'whsec_', 'whsec_c2hvcnQ=', secretOf('a').slice(6), `${secretOf('a')}!`, '{"secret":"x"}'])(
  'a secret of another form, %j, signs nothing and is not quoted',
  (value) => {
    try {
      parseSecrets(value);
    } catch (error) {
      expect(String(error)).toMatch(/must be "whsec_"/);
      if (value.length > 6) expect(String(error)).not.toContain(value);
      return;
    }
    throw new Error('it was taken');
  },
);

test('three secrets are too many', () => {
  expect(() => parseSecrets(['a', 'b', 'c'].map(secretOf).join(' '))).toThrow(/Two secrets/);
});
