import { uploadContract } from '#contracts/upload-form.ts';
import { serveUpload } from '#runtime/serve-upload.ts';

/** docs/contract.md, "Upload a file". */
export const contract = uploadContract('Stores a file that opens only by a signed link of its owner.');

export const handler = serveUpload('private', contract);
