/**
 * Leads a stack trace of a deployed function back to the source: `node lib/source-maps/trace.ts <function> < line.json`, with
 * the function's key in the route table. Takes a log line, several, or a bare stack; the maps are those of the deployment.
 */
import { parseArgs } from 'node:util';
import { traceStack } from './stack.ts';

const usage = 'node lib/source-maps/trace.ts <function> [--maps cdk.out/source-maps] < log line or stack';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { maps: { type: 'string', default: 'cdk.out/source-maps' } },
});
const [key, ...more] = positionals;
if (key === undefined || more.length > 0) {
  process.stderr.write(`${usage}\n`);
  process.exit(2);
}

const chunks: Uint8Array[] = [];
for await (const chunk of process.stdin) chunks.push(chunk);
try {
  process.stdout.write(`${traceStack(Buffer.concat(chunks).toString(), { key, maps: values.maps })}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
