/**
 * A process of its own that a test can kill: `child.ts <folder> [die-telling]`. Prints its endpoint. With `die-telling` it
 * kills itself when it is told of a TTL removal, before it can acknowledge it.
 */
import { startDynamo } from '#local/dynamo/server.ts';

const [dir, mode] = process.argv.slice(2);
if (!dir) throw new Error('usage: child.ts <folder> [die-telling]');
const server = await startDynamo({
  dir,
  ...(mode === 'die-telling' && { onTtlRemoval: () => void process.kill(process.pid, 'SIGKILL') }),
});
process.stdout.write(`${server.endpoint}\n`);
process.stdin.on('data', () => server.sweepTtl());
