import { uploadContract } from '#contracts/upload-form.ts';
import { serveUpload } from '#runtime/serve-upload.ts';

/** Seed 2, "Upload Public File". */
export const contract = uploadContract('Stores a file that anybody may open at its `url`, at once.');

export const handler = serveUpload('public', contract);
