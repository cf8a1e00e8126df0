import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSharpLayer } from '#lib/sharp-layer-build.ts';
import { startGateway } from '#local/gateway/server.ts';
import { createAuthorizer } from '#local/iam/authorize.ts';
import { environmentOf } from '#local/lambda/functions.ts';
import type { FunctionSpec } from '#local/template/model.ts';
import { connect, openCloud } from '#test/e2e/support.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { type Runtime, startRuntime } from '#test/support/runtime-api.ts';
import { runtimeInterfaceClient } from '#test/support/runtime-interface-client.ts';

/**
 * The functions as they are deployed, started by AWS's own runtime interface client: the bundle as task root, the layer
 * (built like Lambda's, for this machine's processor) on NODE_PATH, the environment and the rights of the template.
 */
const client = await runtimeInterfaceClient();
const root = join(import.meta.dirname, '../..');

describe.skipIf(!client)('under the runtime interface client', () => {
  let cloud: Awaited<ReturnType<typeof openCloud>>;
  let layer: string;
  const runtimes: Runtime[] = [];

  beforeAll(async () => {
    layer = buildSharpLayer(join(root, 'layers/sharp'), join(root, '.cache/layers'), 'npm', process.arch as 'x64');
    cloud = await openCloud();
  }, 300_000);
  afterAll(async () => {
    await Promise.all(runtimes.map((runtime) => runtime.close()));
    await cloud.close();
  });

  /** A function of the stack. `/opt/nodejs/node_modules` is on Lambda's NODE_PATH, whether or not there is a layer. */
  async function deploy(spec: FunctionSpec): Promise<Runtime> {
    const { model, endpoints } = cloud.cloud.stack;
    const NODE_PATH = spec.layers.length > 0 ? join(layer, 'nodejs/node_modules') : '/opt/nodejs/node_modules';
    // Away from this repository, whose packages a bundle would find by walking up.
    const codeDir = join(cloud.dir, 'tasks', spec.logicalId);
    cpSync(spec.codeDir, codeDir, { recursive: true });
    const environment = environmentOf({ ...spec, codeDir }, { authorizer: createAuthorizer(model), endpoints });
    const runtime = await startRuntime({
      client: client ?? '',
      codeDir,
      handler: spec.handler,
      functionArn: spec.arn,
      timeoutSeconds: spec.timeoutSeconds,
      environment: { ...environment, NODE_PATH },
    });
    runtimes.push(runtime);
    return runtime;
  }

  const functionsOf = () => cloud.cloud.stack.model.functions;
  const named = (id: string) => functionsOf().find(({ logicalId }) => logicalId.startsWith(id)) as FunctionSpec;

  /** The API in front of functions that the client runs instead of the one-machine cloud. */
  async function gatewayTo(specs: FunctionSpec[]) {
    const running = new Map<string, Runtime>();
    for (const spec of specs) running.set(spec.name, await deploy(spec));
    const { apis, permissions } = cloud.cloud.stack.model;
    const [api] = apis;
    if (!api) throw new Error('The stack has no API');
    const gateway = await startGateway({
      api,
      permissions,
      async invoke(name, event, requestId) {
        const outcome = await running.get(name)?.invoke(event, requestId);
        if (!outcome) throw new Error(`${name} is not running`);
        return outcome.ok ? outcome : { ...outcome, kind: 'error' };
      },
      host: '127.0.0.1',
      port: 0,
    });
    return { ...connect({ ...cloud.cloud.dev, baseUrl: gateway.endpoint }), close: gateway.close };
  }

  it('every function of the stack is loaded and asks for work', async () => {
    const specs = [...functionsOf()];
    const states: [string, unknown][] = [];
    const worker = async () => {
      for (let spec = specs.pop(); spec; spec = specs.pop()) {
        const runtime = await deploy(spec);
        states.push([spec.logicalId, await runtime.started]);
        await runtime.close();
      }
    };
    await Promise.all([worker(), worker()]);
    expect(states.length).toBe(functionsOf().length);
    expect(states.filter(([, state]) => state !== 'ready')).toEqual([]);
  }, 240_000);

  const files = () => `/api/extensions/apps/${cloud.cloud.dev.appId}/files`;
  async function stage(api: Awaited<ReturnType<typeof gatewayTo>>) {
    const body = new FormData();
    body.set('file', new Blob([new Uint8Array(await jpegPhoto())], { type: 'image/jpeg' }), 'photo.jpg');
    return api.call('POST', `${files()}/stage`, { token: api.dev.userToken, body });
  }

  it('an image is decoded by the sharp of the layer, stored and listed', async () => {
    const api = await gatewayTo([
      named('ExtensionsSetupFilesStageFunction'),
      named('ExtensionsSetupFilesStagedListFunction'),
    ]);
    const staged = await stage(api);
    expect([staged.status, staged.body]).toMatchObject([201, { file: { mimeType: 'image/webp', width: 320 } }]);
    const { file } = staged.body as { file: { id: string; signedUrl: string } };
    const listed = await api.ok('GET', `${files()}/staged`, { token: api.dev.userToken });
    expect(listed).toMatchObject({ items: [{ id: file.id }] });
    expect((await fetch(file.signedUrl)).headers.get('content-type')).toBe('image/webp');
    await api.close();
  });

  it('an image function without its layer answers that something is wrong, and goes on', async () => {
    const api = await gatewayTo([{ ...named('ExtensionsSetupFilesStageFunction'), layers: [] }]);
    for (const attempt of [1, 2]) {
      const { status, body } = await stage(api);
      expect([attempt, status, body]).toMatchObject([attempt, 500, { code: 'internal_error' }]);
    }
    await api.close();
  });

  it('the list answers with a slash at the end of its path, and what no route matches is not found', async () => {
    const api = await gatewayTo([named('FallbackFunction')]);
    const token = api.dev.userToken;
    const list = await api.call('GET', '/v1/upload/?limit=5', { token });
    expect([list.status, list.body]).toMatchObject([200, { status: 'success', data: { count: 0 } }]);
    const none = await api.call('PATCH', '/v1/upload/x', { token });
    expect([none.status, none.body]).toMatchObject([404, { code: 'not_found' }]);
    await api.close();
  });

  it('a worker reports which message of a batch failed', async () => {
    const runtime = await deploy(named('WorkersCleanupFunction'));
    const record = (messageId: string, body: unknown) => ({ messageId, body: JSON.stringify(body) });
    const Records = [record('a', { type: 'file.delete', fileId: 'f'.repeat(24) }), record('b', { type: 'unknown' })];
    const outcome = await runtime.invoke({ Records });
    expect(outcome.ok && JSON.parse(outcome.payload)).toEqual({ batchItemFailures: [{ itemIdentifier: 'b' }] });
  });

  describe('what does not work', () => {
    const dir = mkdtempSync(join(tmpdir(), 'stowage-code-'));
    afterAll(() => rmSync(dir, { recursive: true, force: true }));

    /** Code that is no function of ours, to see that the tests above could fail. */
    function code(source: string): Promise<Runtime> {
      writeFileSync(join(dir, 'index.mjs'), source);
      return deploy({ ...named('FallbackFunction'), codeDir: dir });
    }

    it.each([
      ["throw new RangeError('at import');", { errorType: 'RangeError', errorMessage: 'at import' }],
      ["import 'nowhere';", { errorType: expect.any(String), errorMessage: expect.stringContaining('nowhere') }],
      ['export const other = 1;', { errorType: 'Runtime.HandlerNotFound', errorMessage: expect.any(String) }],
      [
        'export const handler = (event, context, callback) => callback();',
        expect.objectContaining({ errorType: expect.stringMatching(/Callback/) }),
      ],
    ])('is told at once, and the process ends: %s', async (source, error) => {
      const runtime = await code(source);
      expect(await runtime.started).toMatchObject(error);
      expect(await runtime.exited).not.toBe(0);
    });

    it('is told of the event it failed on, and the next one is handled', async () => {
      const runtime = await code(
        "export const handler = async ({ bad }) => { if (bad) throw new TypeError('bad event'); return 'fine'; };",
      );
      expect(await runtime.invoke({ bad: true })).toMatchObject({ ok: false, error: { errorType: 'TypeError' } });
      expect(await runtime.invoke({})).toEqual({ ok: true, payload: '"fine"' });
    });
  });
});
