import type { Command } from 'commander';
import { type Admin, createAdmin } from '../../server/src/index.ts';
import { connectionOf } from './profiles.ts';

/** The administrator's API of the stage that a command is for. Throws a `Failure` where that is not known. */
export async function adminOf(command: Command): Promise<Admin> {
  const { baseUrl, token } = await connectionOf(command.optsWithGlobals().profile);
  // A token that cannot be had is told as what it is, before the API's own retries.
  await token();
  return createAdmin({ baseUrl, token });
}

/** All items of a list. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
