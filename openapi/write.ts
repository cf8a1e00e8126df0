/** `node openapi/write.ts` rewrites `client/openapi.json` after a change of the API, for its review. */
import { writeFileSync } from 'node:fs';
import { describeApi } from './document.ts';
import { publishedServer } from './published.ts';

const file = new URL('../client/openapi.json', import.meta.url);
const { document, undescribed, outdated } = await describeApi({ serverUrl: publishedServer });
writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`);
for (const field of undescribed) console.error(`No description: ${field} (openapi/descriptions)`);
for (const field of outdated) console.error(`Describes nothing: ${field} (openapi/descriptions)`);
