import { readFile } from 'node:fs/promises';
import { createImageProcessor } from '#adapters/sharp/image-processor.ts';

/** Processes the image at a path, whatever comes of it, and prints the most memory this process has held, in MB. */
const bytes = await readFile(process.argv[2] ?? '');
await createImageProcessor()
  .process(bytes, { maxEdge: 2560 })
  .catch(() => undefined);
process.stdout.write(String(Math.round(process.resourceUsage().maxRSS / 1024)));
