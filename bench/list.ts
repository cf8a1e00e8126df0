import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from '#local/cloud.ts';
import { createAuthorizer } from '#local/iam/authorize.ts';
import { environmentOf } from '#local/lambda/functions.ts';
import { jpegPhoto } from '#test/support/images.ts';
import type { Asked } from './sides/list.ts';
import { median, ratio, report, takeTurns } from './support/sides.ts';

/**
 * What a list of 50 files with their links costs in the function, beside the one query it is made of: the first in a window
 * of its links, and those after it. CPU of a process of its own for each side, against the one-machine table.
 */
const [before, rounds, files] = [100, 400, 50];
const dir = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
const cloud = await startCloud({ dir });
const { dev, stack } = cloud;

const photo = new Uint8Array(await jpegPhoto({ width: 64, height: 48 }));
for (let index = 0; index < files; index += 1) {
  const body = new FormData();
  body.set('file', new Blob([photo], { type: 'image/jpeg' }), `photo-${index}.jpg`);
  const headers = { authorization: `Bearer ${dev.developerKey}`, 'x-chastify-main-token': dev.sessionToken };
  const url = `${dev.baseUrl}/api/extensions/sessions/${dev.sessionId}/files`;
  const response = await fetch(url, { method: 'POST', headers, body });
  if (response.status !== 201) throw new Error(`The upload answered ${response.status} ${await response.text()}`);
}

const spec = stack.model.functions.find(({ logicalId }) => logicalId.startsWith('ExtensionsSessionFilesListFunction'));
if (spec === undefined) throw new Error('The stack has no list');
const path = `/api/extensions/sessions/${dev.sessionId}/files`;
const event = {
  version: '2.0',
  routeKey: 'GET /api/extensions/sessions/{sessionId}/files',
  rawPath: path,
  rawQueryString: '',
  headers: { authorization: `Bearer ${dev.sessionToken}` },
  pathParameters: { sessionId: dev.sessionId },
  requestContext: { requestId: 'bench', http: { method: 'GET', path }, routeKey: '', stage: '$default' },
  isBase64Encoded: false,
};
const environment = environmentOf(spec, { authorizer: createAuthorizer(stack.model), endpoints: stack.endpoints });
const asked: Omit<Asked, 'side'> = {
  file: join(spec.codeDir, 'index.mjs'),
  event,
  query: {
    TableName: dev.dynamodb.tableName,
    IndexName: 'bySession',
    pk: 'sessionPk',
    value: `SESSION#${dev.sessionId}`,
  },
};

const standing = (name: Asked['side']) => ({
  program: 'list.ts',
  args: { side: name, ...asked } satisfies Asked,
  env: environment,
});
const sides = { query: standing('query'), first: standing('first'), again: standing('again') };
const taken = await takeTurns<Asked['side'], number>(sides, { before, rounds });
await cloud.close();
rmSync(dir, { recursive: true, force: true });
const row = (name: Asked['side']) => ({
  'CPU ms': median(taken[name]),
  'of the query': ratio(taken[name], taken.query),
});
report('list of 50', { query: row('query'), first: row('first'), again: row('again') });
