/** `node openapi/write.ts` rewrites `test/openapi.golden.json` after a change of the API, for its review. */
import { writeFileSync } from 'node:fs';
import { openApiDocument } from './document.ts';

const file = new URL('../test/openapi.golden.json', import.meta.url);
const document = await openApiDocument({ serverUrl: 'http://127.0.0.1:8787' });
writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`);
