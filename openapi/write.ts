/**
 * `node openapi/write.ts` rewrites `client/openapi.json` after a change of the API, for its review, and the types that the
 * package for backends has of it.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeApi } from './document.ts';
import { publishedServer } from './published.ts';
import { typesOf } from './types.ts';

const file = new URL('../client/openapi.json', import.meta.url);
const { document, undescribed, outdated } = await describeApi({ serverUrl: publishedServer });
writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`);
writeFileSync(new URL('../server/src/api-types.ts', import.meta.url), typesOf(fileURLToPath(file)));
for (const field of undescribed) console.error(`No description: ${field} (openapi/descriptions)`);
for (const field of outdated) console.error(`Describes nothing: ${field} (openapi/descriptions)`);
