/** What some clients call a type that has another name, or write for want of a better one. */
const aliases: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
};

/**
 * A media type as it may stand in a header that is signed (RFC 9110, "Media Type"). A parameter holds no semicolon: where one
 * could be part of it or begin the next, some fifty of them would take a function all of its time.
 */
const pattern = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?: ?; ?[\x21-\x3a\x3c-\x7e]+)*$/;

/**
 * A declared media type by its one name: lower case, without parameters, and by the registered name where clients have
 * another. What is no media type is returned as it is, and matches none.
 */
export function mediaTypeOf(declared: string): string {
  const trimmed = declared.trim();
  if (!pattern.test(trimmed)) return trimmed;
  const [type = ''] = trimmed.toLowerCase().split(';', 1);
  const name = type.trim();
  return aliases[name] ?? name;
}
