import { describe, expect, it } from 'vitest';
import { jsonBody } from '#http/json-body.ts';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const refusal = (body: string) => {
  try {
    return jsonBody({ body, isBase64Encoded: false });
  } catch (error) {
    return error;
  }
};

describe('a JSON body', () => {
  it.each([
    ['200 levels', nested(200)],
    ['brackets in strings', JSON.stringify(['[{'.repeat(500), `\\"${'['.repeat(500)}`])],
    ['many brothers', `[${Array(1000).fill('[]').join(',')}]`],
  ])('may have %s', (_, body) => {
    expect(refusal(body)).toEqual(JSON.parse(body));
  });

  it.each([201, 5000, 100_000])('of %i levels is refused as such', (levels) => {
    expect(refusal(nested(levels))).toMatchObject({
      code: 'validation_failed',
      details: { issues: [{ path: 'body' }] },
    });
    const objects = `${'{"a":'.repeat(Math.min(levels, 40_000))}1${'}'.repeat(Math.min(levels, 40_000))}`;
    expect(refusal(objects)).toMatchObject({ code: 'validation_failed' });
  });

  it('that is none, too long or missing is told apart', () => {
    expect(refusal('{')).toMatchObject({ message: 'The body must be JSON.' });
    expect(refusal('1'.repeat(300_001))).toMatchObject({ details: { issues: [{ message: 'too large' }] } });
    expect(refusal('')).toBeUndefined();
    expect(jsonBody({ body: Buffer.from('{"a":"ü"}').toString('base64'), isBase64Encoded: true })).toEqual({ a: 'ü' });
  });
});
