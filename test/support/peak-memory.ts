import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';
import { AppError } from '#core/files/errors.ts';

/**
 * Processes the images at some paths, one after the other as a function does, and prints the width of the last result, or
 * why it was refused, and the most memory this process has held, in MiB.
 */
const processor = createImageProcessor();
let outcome: unknown;
for (const path of process.argv.slice(2)) {
  outcome = await processor.process(await readFile(path), { maxEdge: 2560 }).then(
    ({ width }) => width,
    (error: unknown) => (error instanceof AppError ? error.details?.reason : 'failed'),
  );
}
process.stdout.write(`${outcome} ${Math.round(peakKilobytes() / 1024)}`);

/** The kernel's `maxRSS` begins with what whoever started this process held then, before it was this program. */
function peakKilobytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
