/** Bytes to send: small, whole, and different from each other. */
import { Buffer } from 'node:buffer';

/** Two PNGs of 24 × 16 pixels. */
export const red = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAIAAACDRijCAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAJElEQVQ4y2M4YaNBHIrCjxhGDRo1iCoG9WgQh6Lwo1GDhqJBANhNGP/cvZ6zAAAAAElFTkSuQmCC',
  'base64',
);
export const blue = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAIAAACDRijCAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAJUlEQVQ4y2OQizpBHPqFHzGMGjRqEFUMWnWCOPQLPxo1aCgaBABdOjb/ymseqwAAAABJRU5ErkJggg==',
  'base64',
);

/** A form with a file, as a browser sends it. */
export function formOf(
  bytes: Uint8Array<ArrayBuffer>,
  { name, type = 'image/png', fields = {} }: { name: string; type?: string; fields?: Record<string, string> },
): FormData {
  const form = new FormData();
  for (const [field, value] of Object.entries(fields)) form.set(field, value);
  form.set('file', new Blob([bytes], { type }), name);
  return form;
}
