import { uploadContract } from '#contracts/upload-form.ts';
import { serveUpload } from '#runtime/serve-upload.ts';

/** docs/contract.md, "Upload a file". */
export const contract = uploadContract('Stores a file that anybody may open at its `url`, at once.');

export const handler = serveUpload('public', contract);
