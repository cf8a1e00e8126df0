import { describe, expect, test } from 'vitest';
import { configSchema } from '#lib/config-schema.ts';
import { read } from './pages.ts';

interface OpenApi {
  paths: Record<string, Record<string, unknown>>;
  components: { responses: Record<string, { description: string }> };
}

/** Made from the code, and compared with it by a test of its own. */
const api = JSON.parse(read('client/openapi.json')) as OpenApi;
const contract = read('docs/contract.md');

describe('the contract', () => {
  test('has every endpoint', () => {
    const endpoints = Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const told = new Set(
      [...contract.matchAll(/\b(GET|POST|PUT|DELETE) +(\/\S+)/g)].map(([, method, path]) => `${method} ${path}`),
    );
    expect(endpoints.filter((endpoint) => !told.has(endpoint))).toEqual([]);
  });

  test('has every error code, with its status', () => {
    const plain = Object.entries(api.components.responses).filter(([name]) => /^Refused\d+$/.test(name));
    const codes = plain.flatMap(([name, { description }]) =>
      [...description.matchAll(/`(\w+)`/g)].map(([, code]) => `${name.slice('Refused'.length)} ${code}`),
    );
    const told = new Set(
      [...contract.matchAll(/^\| (\d{3}) +\| `(\w+)`/gm)].map(([, status, code]) => `${status} ${code}`),
    );
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !told.has(code))).toEqual([]);
  });
});

test('every deploy setting is explained to whoever operates', () => {
  const operating = read('docs/operating.md');
  const settings = Object.keys(configSchema.shape).filter((name) => name !== 'stage');
  const named = (name: string) => new RegExp(`\\b${name}\\b`).test(operating);
  expect(settings.filter((name) => !named(name))).toEqual([]);
});
