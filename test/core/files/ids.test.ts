import { describe, expect, it } from 'vitest';
import { fileKeyOf, idOfKey, idOfNamedKey, newId, newObjectKey, newUuid, variantKey } from '#core/files/ids.ts';

const id = newId(new Date());
const uuid = crypto.randomUUID();

describe('the record an object leads to', () => {
  it.each([
    ['of an extension, by the id its key begins with', newObjectKey('extensions', id, 'webp'), id],
    ['of a copy of a preset', variantKey(newObjectKey('extensions', id, 'webp'), 'a--1-'), id],
    ['of the uploads API, by the id its UUID carries', `private/user/${newUuid(id)}.pdf`, id],
    ['of a compliance document', newObjectKey('compliance/org', id, 'pdf'), id],
    ['of an exercise comment, by the UUID itself', `exercise-comments/user/${uuid}.mov`, uuid],
    ['of a progress photo', `progress-photos/user/${uuid}.jpg`, uuid],
    ['of a message', `messages/uploads/user/${uuid}.png`, uuid],
    ['of a logo', `logos/org/${uuid}.png`, uuid],
    ['of a minisite', `minisites/org/${uuid}.png`, uuid],
    ['of a signature', `signatures/org/${uuid}.png`, uuid],
    [
      'of an export, also when its job is named like one of our keys',
      `exports/org/${uuid}.csv`,
      idOfNamedKey(`exports/org/${uuid}.csv`),
    ],
  ])('%s', (_, key, expected) => {
    expect(idOfKey(key)).toBe(expected);
  });

  it.each([
    ["media of a workout, which is somebody else's", `workouts/org/w1/${uuid}.jpg`],
    ['media of a workout named like one of ours', newObjectKey('workouts/org/w1', id, 'jpg')],
    ['what waits for its parent', `incoming/${'a'.repeat(32)}`],
    ['a copy of what has none', variantKey(newObjectKey('compliance/org', id, 'pdf'), 'thumb')],
    ['a copy of no name a preset may have', variantKey(newObjectKey('extensions', id, 'webp'), 'Thumb')],
    ['anything else', 'readme.txt'],
  ])('is none for %s', (_, key) => {
    expect(idOfKey(key)).toBeUndefined();
  });
});

describe('the file that an object is a part of', () => {
  it("is found by its key, a copy's and its own", () => {
    const key = newObjectKey('extensions', id, 'webp');
    for (const part of [key, variantKey(key, 'thumb'), variantKey(key, 'a-b')]) expect(fileKeyOf(part)).toBe(key);
    const other = `exports/org/${key.slice(11, 55)}-thumb.webp`;
    expect(fileKeyOf(other)).toBe(other);
  });
});
