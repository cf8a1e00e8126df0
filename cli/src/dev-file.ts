/** What `npm start` leaves for programs of its machine (docs/contract.md, "On one machine"). */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from './failure.ts';

export interface DevFile {
  baseUrl: string;
  appId: string;
  userId: string;
  sessionId: string;
  lockId: string;
  developerKey: string;
  userToken: string;
  sessionToken: string;
  platformToken: string;
  adminToken: string;
  r2: { accessKeyId: string; secretAccessKey: string };
}

/** Reads `dev.json` of the folder that `STOWAGE_LOCAL_DIR` names, `.local` unless told. Throws `no_dev_stage`. */
export async function readDev(): Promise<DevFile> {
  const file = path.join(process.env.STOWAGE_LOCAL_DIR || '.local', 'dev.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as DevFile;
  } catch {
    throw new Failure(
      'no_dev_stage',
      `${file} cannot be read. Run npm start, here or in the folder of STOWAGE_LOCAL_DIR.`,
    );
  }
}
