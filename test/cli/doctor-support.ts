/** What the suites of doctor share: a stage behind a proxy, stand-ins of what is around it, and the command's findings. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type ApiProxy, startProxy } from '../client/proxy.ts';
import { openCloud } from '../e2e/support.ts';
import { openTerminal, type Terminal } from './fixture.ts';

interface Finding {
  name: string;
  state: string;
  found: string;
  todo?: string;
}

export let opened: Awaited<ReturnType<typeof openCloud>>;
export let proxy: ApiProxy;
export let terminal: Terminal;
let admin: string;
/** What the stage says of itself when all is well. */
export let health: { tokens: Record<string, string>; r2: Record<string, string> };
const stubs: Server[] = [];

/** A one-machine cloud that is well, behind a proxy; opened for the suite, and everything provoked in a test ends with it. */
export function examineOneCloud(): void {
  beforeAll(async () => {
    opened = await openCloud();
    await opened.stowage.drain();
    proxy = await startProxy(opened.cloud.baseUrl);
    terminal = openTerminal();
    admin = opened.cloud.dev.adminToken;
    health = (await opened.stowage.ok('GET', '/admin/health', { token: admin })) as typeof health;
  });
  beforeEach(() => {
    proxy.fault = () => undefined;
  });
  afterEach(() => {
    opened.cloud.faults.r2 = undefined;
    for (const stub of stubs.splice(0)) {
      stub.closeAllConnections();
      stub.close();
    }
  });
  afterAll(async () => {
    terminal.close();
    proxy.close();
    await opened.close();
  });
}

/** A server of a few answers, closed with the test. */
export async function stub(
  answer: (request: IncomingMessage, body: string) => [number, object | string, Record<string, string>?],
) {
  const server = createServer(async (request, response) => {
    const [status, body, headers = {}] = answer(request, (await buffer(request)).toString());
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  });
  stubs.push(server.listen(0, '127.0.0.1'));
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The stage says of itself that it looks elsewhere. */
export function looksAt(change: { tokens?: object; r2?: object }): void {
  const told = {
    ...health,
    at: new Date().toISOString(),
    tokens: { ...health.tokens, ...change.tokens },
    r2: { ...health.r2, ...change.r2 },
  };
  const answer = { status: 200, body: JSON.stringify(told), headers: { 'content-type': 'application/json' } };
  proxy.fault = ({ path }) => (path === '/admin/health' ? answer : undefined);
}

export async function doctor(args: string[] = [], env: Record<string, string> = {}) {
  const all = ['doctor', '--url', proxy.baseUrl, '--admin-token', admin, ...args, '--json'];
  const { code, stdout, stderr } = await terminal.run(all, { env });
  if (stdout === '') throw new Error(stderr);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return {
    code,
    failed: findings.filter(({ state }) => state === 'failed').map(({ name }) => name),
    of: (name: string) => findings.find((finding) => finding.name === name),
  };
}

export const r2Keys = () => {
  const { accessKeyId, secretAccessKey } = opened.cloud.dev.r2;
  return { R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey };
};
export const origin = ['--origin', 'https://app.example.com'];

/** An address that nothing listens at. */
export async function closedPort(): Promise<string> {
  const url = await stub(() => [200, {}]);
  const server = stubs.pop();
  await new Promise((resolve) => server?.close(resolve));
  return url;
}
