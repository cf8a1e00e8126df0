/**
 * `npm run example -- react`: serves one of the examples against the Stowage that `npm start` runs in another terminal.
 * Reads STOWAGE_LOCAL_DIR (`.local`) and EXAMPLE_PORT (8790; 0 takes any), and stops on Ctrl-C.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { exampleNames, isExample, startExample } from './server.ts';

const [name = ''] = process.argv.slice(2);
const devFile = path.join(process.env.STOWAGE_LOCAL_DIR || '.local', 'dev.json');

try {
  if (!isExample(name)) throw new Error(`Which one? npm run example -- ${exampleNames.join(' | ')}`);
  const { url } = await startExample(name, readDev(), Number(process.env.EXAMPLE_PORT || 8790));
  process.stdout.write(`ready ${url}\n`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

function readDev() {
  try {
    return JSON.parse(readFileSync(devFile, 'utf8'));
  } catch (cause) {
    throw new Error(`There is no ${devFile}: run "npm start" in another terminal first.`, { cause });
  }
}
