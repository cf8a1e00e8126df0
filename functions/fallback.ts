import { fallback } from '#runtime/fallback.ts';
import { handler as listUploads } from './uploads/list.ts';
import { handler as uploadPublic } from './uploads/upload-public.ts';

/** Everything the other routes leave: the paths of `withSlash` in the route table, and 404 in the one error body. */
export const handler = fallback({ 'GET /v1/upload': listUploads, 'POST /v1/upload': uploadPublic });
