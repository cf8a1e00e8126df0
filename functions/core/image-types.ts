/** What may be uploaded as an image: kinds every browser shows, whose decoders are open. */
export const imageTypes: readonly string[] = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'];
