import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCloud } from '#test/e2e/support.ts';
import { read, runnableBlocks } from './pages.ts';

/** The shell blocks of the papers, run as a reader pastes them: by any shell, with curl, against a one-machine cloud. */
let world: Awaited<ReturnType<typeof openCloud>>;
const folder = mkdtempSync(join(tmpdir(), 'stowage-docs-'));
beforeAll(async () => {
  world = await openCloud();
  // As `npm start` leaves it in the folder the reader is in.
  mkdirSync(join(folder, '.local'));
  cpSync(join(world.dir, 'dev.json'), join(folder, '.local/dev.json'));
});
afterAll(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a script in the reader's folder; the first command that fails ends it. */
async function sh(script: string) {
  const { PATH, HOME } = process.env;
  const child = spawn('sh', ['-eu', '-c', script], { cwd: folder, env: { PATH, HOME } });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code, stdout, stderr };
}

/** The blocks one after the other, with a line between, so that each block's output can be told apart. */
async function run(page: string) {
  const blocks = runnableBlocks(page);
  const { code, stdout, stderr } = await sh(blocks.map((block) => `${block}\necho '=== end of block'`).join('\n'));
  const outputs = stdout.split('=== end of block\n');
  // The error names the block that failed by its first line.
  if (code !== 0) throw new Error(`${page}: after ${outputs.length - 1} blocks: ${stderr}${outputs.at(-1)}`);
  return outputs.slice(0, -1);
}

describe('the shell blocks of', () => {
  it('README.md upload a first picture and list it', async () => {
    const [output = ''] = await run('README.md');
    expect(output).toContain('"mimeType": "image/webp"');
    expect(output).toMatch(/"items": \[\s*{/);
    expect(output).not.toContain('"status": "error"');
  });

  it('docs/integrating.md do what the page says, from the first to the last', async () => {
    const outputs = await run('docs/integrating.md');
    expect(outputs.length).toBeGreaterThan(12);
    const last = outputs.pop();
    expect(outputs.filter((output) => output.includes('"status":"error"'))).toEqual([]);
    // The last shows what a refusal looks like.
    expect(last).toContain('"code":"insufficient_scope"');
    expect(outputs.join('')).toContain('"note":"week 4"');
  });

  it('docs/clients.md store a picture', async () => {
    const outputs = await run('docs/clients.md');
    expect(outputs.at(-1)).toContain('"purpose":"puzzle-image"');
  });

  it.each(['docs/integrating.md', 'docs/clients.md'])('%s leave no example of curl out of the test', (page) => {
    const told = read(page).match(/^```sh\b.*$/gm) ?? [];
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((fence) => fence !== '```sh run')).toEqual([]);
  });

  it('a page that stops working are found', async () => {
    const { code } = await sh('call() { curl -sS --fail-with-body "$@"; }\ncall "http://127.0.0.1:9/"');
    expect(code).not.toBe(0);
  });
});
