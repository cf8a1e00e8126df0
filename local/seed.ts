/**
 * The demo's data, put in through the API: what the API refuses, nobody could have made. Runs at every start and
 * changes nothing the second time.
 */
import { readJson } from './files.ts';
import type { RunningStack } from './stack.ts';
import type { TokenIssuer } from './tokens/issuer.ts';

export const demo = {
  appId: 'demo-app',
  userId: 'demo-user',
  sessionId: 'demo-session',
  lockId: 'demo-lock',
  orgId: 'demo-org',
} as const;

export interface DemoCredentials {
  developerKey: string;
  userToken: string;
  sessionToken: string;
  platformToken: string;
  adminToken: string;
}

export interface SeedOptions {
  stack: RunningStack;
  sign: TokenIssuer['sign'];
  /** The file of the last start: its developer key is used again while it works. */
  devFile: string;
}

/** Enables the demo app, makes demo-user a member of demo-org, and gives fresh tokens. Rejects when the API refuses. */
export async function seed({ stack, sign, devFile }: SeedOptions): Promise<DemoCredentials> {
  const { appId, userId: sub, sessionId, lockId, orgId } = demo;
  const [userToken, sessionToken, platformToken, adminToken] = await Promise.all([
    sign({ token_use: 'user', sub }),
    sign({ token_use: 'session', sub, appId, sessionId, lockId }),
    sign({ token_use: 'service', scope: 'platform' }),
    sign({ token_use: 'service', scope: 'admin' }),
  ]);
  const routes = new Set(stack.model.apis.flatMap((api) => api.routes.map(({ routeKey }) => routeKey)));

  async function call(
    method: string,
    path: string,
    token: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    return fetch(`${stack.baseUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async function require(method: string, path: string, token: string, body: unknown): Promise<Record<string, unknown>> {
    const response = await call(method, path, token, body);
    const text = await response.text();
    if (!response.ok) throw new Error(`Seeding: ${method} ${path} answered ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  }

  /** Deleting a file that is not there: 401 tells a bad key, 404 a good one, and nothing changes. */
  async function works(key: string): Promise<boolean> {
    const path = `/api/extensions/sessions/${sessionId}/files/${'0'.repeat(24)}`;
    const response = await call('DELETE', path, key, undefined, { 'x-chastify-main-token': sessionToken });
    return response.status === 404;
  }

  async function developerKey(): Promise<string> {
    await require('PUT', `/admin/extensions/apps/${appId}/file-storage`, adminToken, { enabled: true });
    const kept = (readJson(devFile) as Partial<DemoCredentials> | undefined)?.developerKey;
    if (kept && (await works(kept))) return kept;
    const created = await require('POST', `/admin/extensions/apps/${appId}/developer-keys`, adminToken, {
      label: 'demo',
    });
    return keyIn(created);
  }

  async function membership(): Promise<void> {
    if (!routes.has('PUT /platform/organizations/{orgId}/members/{userId}')) return;
    const path = `/platform/organizations/${orgId}/members/${sub}`;
    await require('PUT', path, platformToken, { status: 'active' });
  }

  const [key] = await Promise.all([developerKey(), membership()]);
  return { developerKey: key, userToken, sessionToken, platformToken, adminToken };
}

/** The one string of the answer that has a developer key's form. */
function keyIn(answer: Record<string, unknown>): string {
  const text = JSON.stringify(answer);
  const key = /"(sk_[^"]+)"/.exec(text)?.[1];
  if (!key) throw new Error('Seeding: the answer to developer-keys holds no key');
  return key;
}
