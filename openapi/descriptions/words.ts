/** What a schema leaves open and a caller may rely on, beside the words. */
import type { Json } from '../json.ts';

type Told = { description: string } & Json;

/** A whole number that is not negative. */
export const whole = (description: string): Told => ({ description, type: 'integer', minimum: 0 });

/** ISO 8601 in UTC. */
export const time = (description: string): Told => ({ description, format: 'date-time' });

export const link = (description: string): Told => ({ description, format: 'uri' });

/** An id that the service made. It is answered in small letters and taken in either. */
export const id = (description: string, example = '66f2a1b40a1b2c3d4e5f6071'): Told => ({
  description,
  examples: [example],
});

/** Somebody else's name for something, with one to show. */
export const named = (description: string, example: string): Told => ({ description, examples: [example] });

/** The same, sent by forms and pages that send what was not filled in. */
export const blankable = (description: string, example: string): Told => ({
  ...named(`${description} Empty is as if left out.`, example),
  mayBeEmpty: true,
});
