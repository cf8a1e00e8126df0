import { describe, expect, test } from 'vitest';
import { code, codeFolders, functionFiles, generated, importsOf, present, read, withoutComments } from './sources.ts';

const topLevel = [
  ...codeFolders,
  'package.json',
  'package-lock.json',
  'cdk.json',
  'tsconfig.json',
  'docs',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'LICENSE',
];
const written = code.filter((file) => !generated.includes(file));
const ignored = ['node_modules', 'cdk.out', 'dist', 'coverage'];

describe('the source', () => {
  test('keeps every file under 250 lines', () => {
    const long = written.filter((file) => read(file).trimEnd().split('\n').length >= 250);
    expect(long).toEqual([]);
  });

  test('has nothing at the top but what the design names', () => {
    const strange = present.filter((name) => !name.startsWith('.') && !name.endsWith('.log'));
    expect(strange.filter((name) => !topLevel.includes(name) && !ignored.includes(name))).toEqual([]);
  });

  test('reads the environment of a function in one place', () => {
    const reading = functionFiles.filter((file) => /process\s*\.\s*env|node:process/.test(withoutComments(read(file))));
    expect(reading.filter((file) => file !== 'functions/runtime/env.ts')).toEqual([]);
  });

  test('knows statuses and paths of HTTP only at its edge', () => {
    const inner = functionFiles.filter((file) => file.startsWith('functions/core/'));
    const http = /\bstatus: [1-5]\d\d\b|\.statusCode\b|\bstatusOf\b|['"`](GET|POST|PUT|DELETE) \//;
    expect(inner.filter((file) => http.test(withoutComments(read(file))))).toEqual([]);
  });

  test('gives the form parser to nobody but functions with a form', () => {
    const parsing = functionFiles.filter((file) =>
      importsOf(read(file)).some((name) => /multipart-body-parser/.test(name)),
    );
    expect(parsing).toEqual(['functions/http/multipart-parser.ts']);
  });

  test('leaves nothing for later', () => {
    // Spelt in halves, so that this line is not found by itself.
    const mark = new RegExp(`\\b(${'TO'}DO|${'FIX'}ME)\\b`);
    expect(code.filter((file) => mark.test(read(file)))).toEqual([]);
  });
});
