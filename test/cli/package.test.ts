import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli } from '../../cli/build.ts';
import { root } from '../docs/pages.ts';
import { openTerminal, type Terminal } from './fixture.ts';

/** The command as npm installs it, beside the one package it names. */
const place = openTerminal();
const installed = join(place.home, 'node_modules/@stowage/cli');
let terminal: Terminal;
let imports: string[];
beforeAll(async () => {
  mkdirSync(installed, { recursive: true });
  cpSync(join(root, 'cli/package.json'), join(installed, 'package.json'));
  symlinkSync(join(root, 'node_modules/commander'), join(place.home, 'node_modules/commander'));
  imports = await bundleCli(join(installed, 'dist'));
  terminal = openTerminal(join(installed, 'dist/stowage.js'));
});
afterAll(() => {
  terminal.close();
  place.close();
});

describe('the installed command', () => {
  test('begins as a shell wants it, and imports nothing but its parser and Node', () => {
    const code = readFileSync(join(installed, 'dist/stowage.js'), 'utf8');
    expect(code).toMatch(/^#!\/usr\/bin\/env node\n/);
    const outside = imports.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
    expect(outside).toEqual(['commander']);
  });

  test('tells its version, and of every command what it is for', async () => {
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { version: string };
    expect(await terminal.run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    const { code, stdout } = await terminal.run(['--help']);
    expect(code).toBe(0);
    const readme = readFileSync(join(root, 'cli/README.md'), 'utf8');
    for (const command of [
      'keys',
      'settings',
      'usage',
      'reconcile',
      'files',
      'export',
      'import',
      'open',
      'verify',
      'doctor',
      'token',
      'profiles',
      'completion',
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command} .*[a-z]`, 'm'));
      expect(readme).toContain(`stowage ${command}`);
    }
    expect(await terminal.run(['keys', 'create', '--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--label'),
    });
  });

  test.each([[[]], [['nothing']], [['keys']], [['keys', 'create', 'puzzle']], [['usage']], [['token', 'root']]])(
    'does not understand %j, and exits with 2',
    async (args) => {
      expect(await terminal.run(args)).toMatchObject({ code: 2, stdout: '' });
    },
  );

  test('is completed by bash: commands, choices, options and profiles', async () => {
    const bin = join(place.home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'stowage'), `#!/bin/sh\nexec '${process.execPath}' '${installed}/dist/stowage.js' "$@"\n`);
    chmodSync(join(bin, 'stowage'), 0o755);
    const complete = (...words: string[]) => {
      const line = `COMP_WORDS=(stowage ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`;
      const script = `eval "$(stowage completion bash)"; ${line}; _stowage; printf '%s ' "\${COMPREPLY[@]}"`;
      const env = { PATH: `${bin}:${process.env.PATH}`, HOME: place.home };
      return execFileSync('bash', ['-c', script], { encoding: 'utf8', env }).trim().split(' ');
    };
    expect(complete('se')).toEqual(['settings']);
    expect(complete('settings', '')).toEqual(['get', 'set']);
    expect(complete('token', 's')).toEqual(['session']);
    expect(complete('keys', 'create', 'puzzle', '--l')).toEqual(['--label']);
    expect(complete('usage', '--profile', 'lo')).toEqual(['local']);
    expect(complete('usage', '')).toEqual(['']);
  });
});
