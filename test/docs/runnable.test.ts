import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCloud } from '#test/e2e/support.ts';
import { blocksOf } from './pages.ts';

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
  const blocks = blocksOf(page, 'sh run');
  const { code, stdout, stderr } = await sh(blocks.map((block) => `${block}\necho '=== end of block'`).join('\n'));
  const outputs = stdout.split('=== end of block\n');
  // The error names the block that failed by its first line.
  if (code !== 0) throw new Error(`${page}: after ${outputs.length - 1} blocks: ${stderr}${outputs.at(-1)}`);
  return outputs.slice(0, -1);
}

/** The codes that were refused with, where the page shows a refusal or something went wrong. */
const refusals = (outputs: string[]) =>
  [...outputs.join('').matchAll(/"status":"error","code":"(\w+)"/g)].map(([, code]) => code);

describe('the shell blocks of', () => {
  it('README.md upload a first picture and list it', async () => {
    const [output = ''] = await run('README.md');
    expect(output).toContain('"mimeType": "image/webp"');
    expect(output).toMatch(/"items": \[\s*{/);
    expect(output).not.toContain('"status": "error"');
  });

  it('docs/integrating.md make the first call of every caller, and show a refusal', async () => {
    const outputs = await run('docs/integrating.md');
    expect(refusals(outputs)).toEqual(['insufficient_scope']);
    expect(outputs.join('')).toContain('stored once');
  });

  it('docs/integrating/extension-authors.md stage, upload, list and delete', async () => {
    const outputs = await run('docs/integrating/extension-authors.md');
    expect(refusals(outputs)).toEqual(['insufficient_scope']);
    expect(outputs.join('')).toContain('"lastOpenedTab":"images"');
  });

  it('docs/integrating/platform.md claim, tell, and serve organizations', async () => {
    const outputs = await run('docs/integrating/platform.md');
    expect(refusals(outputs)).toEqual([]);
    for (const text of ['"note":"week 4"', '%PDF-1.7 signed', 'id,name\n1,Ada', '"title":"Studio North"'])
      expect(outputs.join('')).toContain(text);
  });

  it('docs/integrating/mobile.md upload by form, directly and in parts, and restore', async () => {
    const outputs = await run('docs/integrating/mobile.md');
    expect(refusals(outputs)).toEqual([]);
    expect(outputs.join('')).toMatch(/^1\n[\s\S]*^6000000$/m);
    expect(outputs.join('')).toMatch(/^false\n[\s\S]*^true$/m);
  });

  it('docs/clients.md store a picture', async () => {
    const outputs = await run('docs/clients.md');
    expect(outputs.at(-1)).toContain('"purpose":"puzzle-image"');
  });

  it('a page that stops working are found', async () => {
    const { code } = await sh('call() { curl -sS --fail-with-body "$@"; }\ncall "http://127.0.0.1:9/"');
    expect(code).not.toBe(0);
  });
});
