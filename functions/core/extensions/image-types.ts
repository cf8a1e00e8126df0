/** What may be uploaded as an image, and how people call it: kinds every browser shows, whose decoders are open. */
export const imageTypes: Readonly<Record<string, string>> = {
  'image/jpeg': 'JPEG',
  'image/png': 'PNG',
  'image/webp': 'WebP',
  'image/gif': 'GIF',
};
