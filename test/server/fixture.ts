/** The package for backends against a one-machine cloud, as the platform, an administrator and an extension use it. */
import {
  type Admin,
  createAdmin,
  createExtensionBackend,
  createPlatform,
  type Platform,
} from '../../server/src/index.ts';
import { openStowage, type Stowage, stage } from '../e2e/support.ts';
import { pngPhoto } from '../support/images.ts';

export interface Integration {
  stowage: Stowage;
  platform: Platform;
  admin: Admin;
  /** A PNG. */
  photo: Buffer<ArrayBuffer>;
  /** An app with storage switched on, and whoever uses it. */
  app(settings?: Parameters<Admin['storage']['set']>[1]): Promise<App>;
  close(): Promise<void>;
}

export interface App {
  appId: string;
  userId: string;
  sessionId: string;
  lockId: string;
  key: string;
  keyId: string;
  sessionToken: string;
  /** Stages the photo in a setup screen, which is a user's doing; its id. */
  stage(fields?: Record<string, string>): Promise<string>;
}

/** Opens a cloud, and the clients of its platform and its administrator. */
export async function integrate(): Promise<Integration> {
  const [stowage, photo] = await Promise.all([openStowage(), pngPhoto({ width: 64, height: 48 })]);
  const { baseUrl, platformToken, adminToken } = stowage.dev;
  const admin = createAdmin({ baseUrl, token: adminToken });
  return {
    stowage,
    admin,
    platform: createPlatform({ baseUrl, token: async () => platformToken }),
    photo: Buffer.from(photo),
    close: stowage.close,
    async app(settings = {}) {
      const name = crypto.randomUUID().slice(0, 8);
      const ids = {
        appId: `app-${name}`,
        userId: `user-${name}`,
        sessionId: `session-${name}`,
        lockId: `lock-${name}`,
      };
      const { userId: sub, ...session } = ids;
      await admin.storage.set(ids.appId, { enabled: true, ...settings });
      const [{ key, keyId }, userToken, sessionToken] = await Promise.all([
        admin.developerKeys.create(ids.appId, 'test'),
        stowage.token({ token_use: 'user', sub }),
        stowage.token({ token_use: 'session', sub, ...session }),
      ]);
      const known = { ...ids, key, keyId, sessionToken };
      const place = { ...known, userToken, files: '', setup: `/api/extensions/apps/${ids.appId}/files`, admin: '' };
      return {
        ...known,
        async stage(fields = {}) {
          const { status, body } = await stage(
            stowage,
            place,
            { bytes: photo, name: 'photo.png', type: 'image/png' },
            fields,
          );
          if (status !== 201) throw new Error(JSON.stringify(body));
          return (body as { file: { id: string } }).file.id;
        },
      };
    },
  };
}

/** The session of an app, as its extension's backend has it. */
export const sessionOf = ({ stowage }: Pick<Integration, 'stowage'>, { key, sessionToken }: App) =>
  createExtensionBackend({ baseUrl: stowage.dev.baseUrl, developerKey: key }).session(sessionToken);

/** All items of a list. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
