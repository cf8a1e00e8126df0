/**
 * The real DynamoDB Local, to hold ours against. Its jar lies inside the npm package `amplify-dynamodb-simulator`, which is
 * fetched into `.cache/` of the repository once and never becomes a dependency.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { atExit } from './at-exit.ts';
import { unpacked } from './npm-packages.ts';

const run = promisify(execFile);
const packageSpec = 'amplify-dynamodb-simulator@2.9.30';

export interface DynamoDbLocal {
  endpoint: string;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Any HTTP answer will do: an unsigned request is refused, but by a server that is ready. */
async function untilAnswering(endpoint: string, child: ChildProcess, output: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`DynamoDB Local ended with ${child.exitCode}: ${output()}`);
    const answered = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await delay(50);
  }
}

async function start(): Promise<{ endpoint: string; kill(): void }> {
  await run('java', ['-version']);
  const folder = path.join(await unpacked(packageSpec), 'emulator');
  const port = await freePort();
  const child = spawn(
    'java',
    [
      '-Xmx256m',
      // It lives for a minute: compiled in haste, and collected by the thread that works.
      '-XX:TieredStopAtLevel=1',
      '-XX:+UseSerialGC',
      '-Djava.library.path=./DynamoDBLocal_lib',
      '-jar',
      'DynamoDBLocal.jar',
      '-inMemory',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  child.unref();
  const endpoint = `http://127.0.0.1:${port}`;
  const kill = () => void child.kill('SIGKILL');
  await untilAnswering(endpoint, child, () => output).catch((error) => {
    kill();
    throw error;
  });
  return { endpoint, kill };
}

let running: Promise<DynamoDbLocal> | undefined;

/** One for all suites of this process, each with tables of its own: its start costs more than most of them. */
function startOnce(): Promise<DynamoDbLocal> {
  running ??= start().then(({ endpoint, kill }) => {
    atExit(kill);
    return { endpoint, close: async () => undefined };
  });
  return running;
}

/**
 * Starts it in memory on a free port. Undefined when Java or the package cannot be had, so that the suite still runs on a
 * bare machine; with `REQUIRE_DYNAMODB_LOCAL=1`, as in CI, it throws instead.
 */
export async function startDynamoDbLocal(): Promise<DynamoDbLocal | undefined> {
  try {
    return await startOnce();
  } catch (error) {
    if (process.env.REQUIRE_DYNAMODB_LOCAL === '1') throw error;
    return undefined;
  }
}
