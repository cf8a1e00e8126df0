/** One segment of an address as S3 and SigV4 want it (RFC 3986): `encodeURIComponent` leaves `!'()*` alone. */
export function encodeRfc3986(text: string): string {
  // Most of what is signed is in no need of it, and a pattern that only asks costs a third.
  if (unreserved.test(text)) return text;
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

const unreserved = /^[\w.~-]*$/;
