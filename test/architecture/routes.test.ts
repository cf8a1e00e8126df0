import { describe, expect, test } from 'vitest';
import { type EndpointRow, endpoints, fallback, workers } from '#functions/routes.ts';
import { roomOf } from './rooms.ts';
import { functionFiles, importsOf, read, withoutComments } from './sources.ts';

describe('the route table', () => {
  const keys = [...Object.keys(endpoints), ...Object.keys(workers)];
  const files = functionFiles
    .filter((file) => roomOf(file) === 'endpoint')
    .map((file) => file.slice('functions/'.length, -3));

  test('has a file for every row', () => {
    expect(keys.filter((key) => !files.includes(key))).toEqual([]);
  });

  test('has a row for every file', () => {
    expect(files.filter((file) => !keys.includes(file))).toEqual([]);
  });

  test('is sorted by name, so that a row is found where one looks for it', () => {
    for (const table of [endpoints, workers]) expect(Object.keys(table)).toEqual(Object.keys(table).sort());
  });

  test('keeps workers and endpoints in their rooms', () => {
    expect(Object.keys(workers).filter((key) => !key.startsWith('workers/'))).toEqual([]);
    expect(Object.keys(endpoints).filter((key) => key.startsWith('workers/'))).toEqual([]);
  });

  test('names each route and describes each row once', () => {
    const rows: EndpointRow[] = Object.values(endpoints);
    const routes = rows.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`);
    const summaries = [...rows, ...Object.values(workers), fallback].map(({ summary }) => summary);
    expect(routes.filter((route, index) => routes.indexOf(route) !== index)).toEqual([]);
    expect(summaries.filter((summary, index) => summaries.indexOf(summary) !== index)).toEqual([]);
  });
});

describe('the fallback', () => {
  const rows: Record<string, EndpointRow> = endpoints;

  test('has the endpoints its row names, each under its own method and path', () => {
    const source = withoutComments(read('functions/fallback.ts'));
    const imported = importsOf(source).flatMap((name) => /^\.\/(.+)\.ts$/.exec(name)?.[1] ?? []);
    expect(imported.sort()).toEqual([...fallback.withSlash].sort());
    const paths = [...source.matchAll(/'([A-Z]+ \/[^']*)'/g)].map(([, route]) => route);
    expect(paths).toEqual(fallback.withSlash.map((key) => `${rows[key]?.method} ${rows[key]?.path}`));
  });

  test('has the rights and the proof of those endpoints, and no other', () => {
    const uses = fallback.withSlash.flatMap((key) => rows[key]?.uses ?? []);
    expect([...fallback.uses].sort()).toEqual([...new Set(uses)].sort());
    expect(fallback.withSlash.map((key) => rows[key]?.auth)).toEqual(fallback.withSlash.map(() => fallback.auth));
  });
});
