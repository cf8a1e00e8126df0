import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EndpointName, endpoints } from '#functions/routes.ts';
import { operationOf } from '#test/support/documented.ts';
import { jpegPhoto } from '#test/support/images.ts';
import { repeatables, type World } from './idempotency-routes.ts';
import { organizationsOn } from './organization-support.ts';
import { readings, unreachable } from './reading-routes.ts';
import { type Answer, openStowage } from './support.ts';

/**
 * Every route answers once with its success, over HTTP. That each answer is as the published document says, `call` checks
 * here and in every other suite (test/support/documented.ts).
 */
let stowage: Awaited<ReturnType<typeof openStowage>>;
let world: World;
beforeAll(async () => {
  stowage = await openStowage();
  const [organizations, app, photo] = await Promise.all([organizationsOn(stowage), stowage.app(), jpegPhoto()]);
  world = { organizations, app, photo };
});
afterAll(async () => {
  // What others expect of a cloud they share.
  await stowage.ok('PUT', '/admin/uploads/settings', { token: stowage.dev.adminToken, json: { graceSeconds: 86_400 } });
  await stowage.close();
});

const names = Object.keys(endpoints) as EndpointName[];
const reachable = names.filter((name) => !(name in unreachable));

async function ask(name: EndpointName): Promise<Answer | undefined> {
  const made = await repeatables[name]?.(world);
  return made ? await made.send({ 'idempotency-key': crypto.randomUUID() }, 'first') : await readings[name]?.(world);
}

describe('every route', () => {
  it.each(reachable)('%s answers with the success of its operation', async (name) => {
    const answer = await ask(name);
    expect(answer, 'add it to reading-routes.ts or idempotency-routes.ts').toBeDefined();
    const { method, path } = endpoints[name];
    const operation = operationOf(method, path);
    const successes = Object.keys(operation?.responses ?? {}).filter((status) => status.startsWith('2'));
    expect(successes).toEqual([String(answer?.status)]);
  });
});
