import { variantKey } from './ids.ts';
import type { ObjectRef } from './ports.ts';
import { type FileRecord, objectOf } from './record.ts';

/** Longest edges in pixels of smaller copies of a picture, by name. */
export type Presets = Readonly<Record<string, number>>;

/** A smaller copy of a picture, stored beside it and gone with it. */
export interface Variant {
  /** Pixels. */
  width: number;
  height: number;
  sizeBytes: number;
}

export interface ImageFacts {
  /** Pixels. */
  width: number;
  height: number;
  /** Base64. */
  thumbhash: string;
  /** Copies that have objects of their own, by preset; a preset without one is the picture itself. None is an empty one. */
  variants?: Record<string, Variant>;
}

/** Where the copy of a preset lies. */
export const variantObject = (file: Pick<FileRecord, 'bucket' | 'key'>, name: string): ObjectRef => ({
  bucket: file.bucket,
  key: variantKey(file.key, name),
});

/**
 * Where copies of a file may be: of every preset it was begun with, whether or not a copy was made of it, since whoever
 * removes them cannot know how far a killed upload came.
 */
export const variantObjects = (file: FileRecord): ObjectRef[] =>
  Object.keys(file.presets ?? {}).map((name) => variantObject(file, name));

/** Everywhere a file may have an object of its own, its incoming one aside. */
export const objectsOf = (file: FileRecord): ObjectRef[] => [
  objectOf(file),
  ...(file.also === undefined ? [] : [{ bucket: file.also, key: file.key }]),
  ...variantObjects(file),
];

/** Bytes of the file alone, of what the counters hold of it. Only of a `ready` one is it known. */
export function ownBytes({ sizeBytes, image }: Pick<FileRecord, 'sizeBytes' | 'image'>): number {
  return Object.values(image?.variants ?? {}).reduce((left, variant) => left - variant.sizeBytes, sizeBytes);
}
