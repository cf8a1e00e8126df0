import { createRequire } from 'node:module';
import { join } from 'node:path';
import { check } from 'recheck';
import { describe, expect, test } from 'vitest';
import { code, generated, read, root } from './sources.ts';

interface Syntax {
  text: string;
}

/** The compiler that is written in JavaScript: the newer one has no syntax tree to offer. */
const ts = createRequire(join(root, 'openapi/package.json'))('typescript') as {
  ScriptTarget: { Latest: number };
  createSourceFile(name: string, text: string, target: number): Syntax;
  forEachChild(node: Syntax, visit: (child: Syntax) => void): void;
  isRegularExpressionLiteral(node: Syntax): boolean;
};

/** What may take the square of its text's length, and why that text is short. */
const bounded: Record<string, string> = {
  'client/src/api.ts /\\/+$/': 'an option of whoever uses the client',
  'client/src/bridge-routes.ts /\\/+$/': 'an option of whoever uses the bridge',
  'server/src/caller.ts /\\/+$/': 'an option of whoever uses the client',
  'functions/adapters/r2/url-signer.ts /\\/+$/': 'a deploy setting',
  'functions/adapters/sharp/jpeg.ts /(\\d+) extraneous bytes before marker 0xd9/': 'a complaint of libjpeg',
  'functions/http/bearer.ts /^sk_(.+)_[A-Za-z0-9_-]{43}$/': 'a header, 10 kB at most by the gateway',
  "functions/http/multipart-head.ts /^([\\w!#$%&'*+.^`|~-]+):[ \\t]*([^\\r\\n]*)$/":
    'a line of a part’s head, 16 kB at most',
  'functions/runtime/log.ts /\\bsk_[A-Za-z0-9._:@|-]+_[A-Za-z0-9_-]{43}/g': 'cut before',
  'functions/runtime/log.ts /\\beyJ[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*/g': 'cut before',
};

/** Beyond what the checker can follow: parts of a text are tried once each, since none holds what the next begins with. */
const unfollowed = ['functions/core/extensions/session-state.ts'];

const patterns = code
  .filter((file) => /^(functions|(client|server)\/src)\/.*\.tsx?$/.test(file) && !generated.includes(file))
  .flatMap((file) => literalsOf(file).map((literal) => ({ file, literal })));

function literalsOf(file: string): string[] {
  const found: string[] = [];
  const visit = (node: Syntax): void => {
    if (ts.isRegularExpressionLiteral(node)) found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest));
  return found;
}

/** `safe` takes time in proportion to the text; by recheck, which attacks what it finds before it says so. */
async function growthOf(literal: string): Promise<string> {
  const end = literal.lastIndexOf('/');
  const found = await check(literal.slice(1, end), literal.slice(end + 1), { timeout: 60_000 });
  return found.status === 'vulnerable' ? found.complexity.type : found.status;
}

describe('a pattern that a caller’s text is held against', () => {
  test('cannot take a function all of its time, whatever the text', async () => {
    expect(patterns.length).toBeGreaterThan(100);
    const growing: string[] = [];
    for (const { file, literal } of patterns.filter((one) => !unfollowed.includes(one.file))) {
      const growth = await growthOf(literal);
      if (growth !== 'safe') growing.push(`${growth}: ${file} ${literal}`);
    }
    // Routes are ours, and no caller's.
    const ofCallers = growing.filter((one) => !one.includes('functions/routes.ts'));
    expect(ofCallers.sort()).toEqual(
      Object.keys(bounded)
        .map((one) => `polynomial: ${one}`)
        .sort(),
    );
  }, 300_000);

  test('is told from one that can', async () => {
    expect(await growthOf(String.raw`/^a\/b(?: ?; ?[\x21-\x7e]+)*$/`)).toBe('exponential');
    expect(await growthOf(String.raw`/\/+$/`)).toBe('polynomial');
  });
});
