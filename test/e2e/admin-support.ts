import { fileOf } from './expectations.ts';
import { type Stowage, stage, type TestApp, upload } from './support.ts';

export interface Page<T> {
  items: T[];
  cursor?: string;
}

interface Given {
  stowage: Stowage;
  photo: Buffer;
}

/** What suites of administrators' endpoints ask and store; `given` is looked at with each call, since a suite opens it first. */
export function administrator(given: () => Given) {
  const admin = () => ({ token: given().stowage.dev.adminToken });
  return {
    admin,
    get: async <T>(path: string) => (await given().stowage.ok('GET', path, admin())) as T,
    stageOne: async (app: TestApp, name = 'photo.jpg') =>
      fileOf(await stage(given().stowage, app, { bytes: given().photo, name })),
    uploadOne: async (app: TestApp, name = 'photo.jpg') =>
      fileOf(await upload(given().stowage, app, { bytes: given().photo, name })),
  };
}
