import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { jpegPhoto } from '#test/support/images.ts';
import { fileOf } from './expectations.ts';
import { asPage, eventually, openCloud, type TestApp, upload } from './support.ts';

/** The runbook of README, "Rotating R2's credentials", with its five minutes shortened to what the local stage keeps. */
let opened: Awaited<ReturnType<typeof openCloud>>;
let app: TestApp;
let photo: Buffer;
let fileId: string;

beforeAll(async () => {
  [opened, photo] = await Promise.all([openCloud(), jpegPhoto({ width: 64, height: 48 })]);
  app = await opened.stowage.app();
  fileId = fileOf(await upload(opened.stowage, app, { bytes: photo })).id;
});
afterEach(() => {
  opened.cloud.faults.secrets = undefined;
});
afterAll(() => opened.close());

/** A link as a function that never calls R2 signs it. */
async function link(): Promise<{ url: string; keyId: string }> {
  const answer = await opened.stowage.call('GET', `${app.files}/${fileId}`, asPage(app));
  const url = fileOf(answer).signedUrl;
  return { url, keyId: new URL(url).searchParams.get('X-Amz-Credential')?.split('/')[0] ?? '' };
}
const status = async (url: string) => {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
};
const signer = () => {
  const { model, functions } = opened.cloud.stack;
  const name = model.functions.find((each) => /sessionfilesget/i.test(each.name))?.name ?? '';
  return functions.instanceCount(name);
};

describe('rotating R2’s credentials', () => {
  it('leaves no link dead: a warm instance that only signs follows within the life of the credentials', async () => {
    const { r2Tokens } = opened.cloud;
    const before = await link();
    const instances = signer();
    expect(await status(before.url)).toBe(200);

    const fresh = r2Tokens.create();
    r2Tokens.store(fresh);
    expect(await status(before.url), 'the old token is still good').toBe(200);
    await eventually(async () => expect((await link()).keyId).toBe(fresh.accessKeyId));
    expect(signer(), 'no instance was started for it').toBe(instances);

    r2Tokens.revoke(before.keyId);
    expect(await status(before.url)).toBe(401);
    expect(await status((await link()).url)).toBe(200);
  });

  it('needs no waiting where R2 is called: whoever is refused reads the secret at once', async () => {
    const { r2Tokens } = opened.cloud;
    await upload(opened.stowage, app, { bytes: photo });
    const { keyId } = await link();
    r2Tokens.store(r2Tokens.create());
    r2Tokens.revoke(keyId);
    expect((await upload(opened.stowage, app, { bytes: photo })).status).toBe(201);
  });

  it('is put off while Secrets Manager is away, and links go on being signed with what is known', async () => {
    // The token that was revoked before this may be signed with for as long as it is kept.
    await eventually(async () => expect(await status((await link()).url)).toBe(200));
    let asked = 0;
    opened.cloud.faults.secrets = () => {
      asked += 1;
      return asked % 2 === 0 ? 'reset' : 'silent';
    };
    await eventually(async () => {
      expect(await status((await link()).url)).toBe(200);
      expect(asked).toBeGreaterThan(0);
    });
  });
});
