import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSharpLayer } from '#lib/sharp-layer-build.ts';
import { startCloud } from '#local/cloud.ts';
import { createAuthorizer } from '#local/iam/authorize.ts';
import { environmentOf } from '#local/lambda/functions.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { startRuntime } from '#test/support/runtime-api.ts';
import { runtimeInterfaceClient } from '#test/support/runtime-interface-client.ts';
import { median, report } from './support/sides.ts';

/**
 * How long a function that nobody has called yet keeps its first caller waiting, under AWS's own runtime interface client:
 * from the start of the process until it asks for work (Lambda's INIT), its first request, and the one after. Wall time,
 * on this machine's table and bucket; a new process each turn.
 */
const turns = 5;
const root = join(import.meta.dirname, '..');
const client = await runtimeInterfaceClient();
if (client === undefined) throw new Error('The runtime interface client could not be built');
const layer = buildSharpLayer(join(root, 'layers/sharp'), join(root, '.cache/layers'), 'npm', process.arch as 'x64');
const dir = mkdtempSync(join(tmpdir(), 'stowage-bench-'));
const cloud = await startCloud({ dir });
const { dev, stack } = cloud;

function event(method: string, path: string, more: { headers: Record<string, string>; body?: string }) {
  const requestContext = { requestId: 'bench', timeEpoch: Date.now(), http: { method, path } };
  return { version: '2.0', rawPath: path, rawQueryString: '', requestContext, isBase64Encoded: true, ...more };
}

async function uploadForm() {
  const form = new FormData();
  const photo = new Uint8Array(await jpegPhoto({ width: 1600, height: 1200 }));
  form.set('file', new Blob([photo], { type: 'image/jpeg' }), 'photo.jpg');
  const request = new Response(form);
  const body = Buffer.from(await request.arrayBuffer()).toString('base64');
  return { body, type: request.headers.get('content-type') ?? '' };
}

const form = await uploadForm();
const files = `/api/extensions/sessions/${dev.sessionId}/files`;
const session = { sessionId: dev.sessionId };
const read = { headers: { authorization: `Bearer ${dev.sessionToken}` } };
const write = {
  authorization: `Bearer ${dev.developerKey}`,
  'x-chastify-main-token': dev.sessionToken,
  'content-type': form.type,
};
const requests = {
  ExtensionsSessionCapabilitiesFunction: { ...event('GET', `${files}/capabilities`, read), pathParameters: session },
  ExtensionsSessionFilesListFunction: { ...event('GET', files, read), pathParameters: session },
  ExtensionsSessionFilesUploadFunction: {
    ...event('POST', files, { headers: write, body: form.body }),
    pathParameters: session,
  },
};

const rows: Record<string, Record<string, number>> = {};
for (const [id, request] of Object.entries(requests)) {
  const spec = stack.model.functions.find(({ logicalId }) => logicalId.startsWith(id));
  if (spec === undefined) throw new Error(`The stack has no ${id}`);
  // Away from this repository, whose packages a bundle would find by walking up.
  const codeDir = join(dir, 'tasks', id);
  cpSync(spec.codeDir, codeDir, { recursive: true });
  const options = { authorizer: createAuthorizer(stack.model), endpoints: stack.endpoints };
  const environment = environmentOf({ ...spec, codeDir }, options);
  const NODE_PATH = spec.layers.length > 0 ? join(layer, 'nodejs/node_modules') : '/opt/nodejs/node_modules';
  const taken = { init: [] as number[], first: [] as number[], second: [] as number[] };
  for (let turn = 0; turn < turns; turn += 1) {
    const begun = performance.now();
    const runtime = await startRuntime({
      client,
      codeDir,
      handler: spec.handler,
      functionArn: spec.arn,
      timeoutSeconds: spec.timeoutSeconds,
      environment: { ...environment, NODE_PATH },
    });
    if ((await runtime.started) !== 'ready') throw new Error(`${id} did not start: ${runtime.output()}`);
    taken.init.push(performance.now() - begun);
    for (const which of ['first', 'second'] as const) {
      const start = performance.now();
      const outcome = await runtime.invoke(request);
      taken[which].push(performance.now() - start);
      const status = outcome.ok ? Number(JSON.parse(outcome.payload).statusCode) : 500;
      if (status >= 300) throw new Error(`${id} answered ${status}: ${outcome.ok ? outcome.payload : ''}`);
    }
    await runtime.close();
  }
  rows[id.replace('Function', '')] = {
    'until it asks for work, ms': median(taken.init),
    'first request, ms': median(taken.first),
    'the next, ms': median(taken.second),
  };
}
await cloud.close();
rmSync(dir, { recursive: true, force: true });
report('first request', rows);
process.exit();
