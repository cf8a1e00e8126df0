import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { events } from '#contracts/events.ts';
import { organizationWording, statusOf } from '#contracts/refusals.ts';
import { type EventType, eventTypes } from '#core/events/event.ts';
import { type EndpointName, endpoints } from '#functions/routes.ts';
import { describeApi } from '#openapi/document.ts';
import { examples } from '#openapi/examples/index.ts';
import { publishedServer } from '#openapi/published.ts';
import { typesOf } from '#openapi/types.ts';
import { repeatables } from '#test/e2e/idempotency-routes.ts';

const reviewed = JSON.parse(readFileSync(new URL('../../client/openapi.json', import.meta.url), 'utf8')) as unknown;
const { document, undescribed, outdated } = await describeApi({ serverUrl: publishedServer });

type Operation = {
  operationId: string;
  description: string;
  parameters?: { name: string; in: string; required?: boolean }[];
  security: Record<string, unknown>[];
  requestBody?: { content: Record<string, { schema: { required?: string[]; properties?: Record<string, unknown> } }> };
  responses: Record<string, unknown>;
};
type Body = { properties?: { code?: { const?: string } } };
const paths = document.paths as Record<string, Record<string, Operation>>;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);
const at = (method: string, path: string) => paths[path]?.[method];

const contracts = await Promise.all(
  Object.keys(endpoints).map(async (name) => {
    const file = new URL(`../../functions/${name}.ts`, import.meta.url).href;
    const { contract } = (await import(file)) as { contract: Contract };
    return { name, contract };
  }),
);

describe('the OpenAPI document', () => {
  test('is the reviewed one, which the client package brings along (after a wanted change: npm run openapi)', () => {
    expect(document).toEqual(reviewed);
  });

  test('is what the types of the package for backends were made of (after a wanted change: npm run openapi)', () => {
    const types = readFileSync(new URL('../../server/src/api-types.ts', import.meta.url), 'utf8');
    expect(typesOf(fileURLToPath(new URL('../../client/openapi.json', import.meta.url))) === types).toBe(true);
  });

  test('has every endpoint of the route table and no other', () => {
    const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort();
    expect(described).toEqual(
      Object.values(endpoints)
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    );
  });

  test('has every event as a webhook, with an example that is one, and no other', () => {
    const webhooks = document.webhooks as Record<string, { post: Operation & { security: unknown[] } }>;
    expect(Object.keys(webhooks)).toEqual(eventTypes);
    for (const [type, { post }] of Object.entries(webhooks)) {
      const json = post.requestBody?.content['application/json'] as { example?: { type: string } } | undefined;
      expect(z.safeParse(events[type as EventType], json?.example).success, type).toBe(true);
      const names = post.parameters?.filter(({ required }) => required).map(({ name }) => name);
      expect(names).toEqual(['webhook-id', 'webhook-timestamp', 'webhook-signature']);
      expect(post.security).toEqual([]);
    }
  });

  test('names each operation once and says of each what it is for', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(operations.filter(({ operation }) => operation.description.length < 20)).toEqual([]);
  });

  test('declares every path parameter, and only those of the path', () => {
    for (const { path, operation } of operations) {
      const declared = operation.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
      expect(declared.map(({ name }) => name)).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
      expect(declared.every(({ required }) => required)).toBe(true);
    }
  });

  test('refers to nothing that it does not hold', () => {
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path.split('/'));
    const find = (path: string[]) =>
      path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);
    expect(references.length).toBeGreaterThan(20);
    expect(references.filter((path) => find(path) === undefined)).toEqual([]);
  });

  test('has an example of every body that is sent or answered, and each is one that the endpoint takes or gives', () => {
    const bad = contracts.flatMap(({ name, contract: { json, form, raw, answer } }) => {
      const example = examples[name as EndpointName];
      const wrong = (schema: z.ZodMiniType | undefined, value: unknown) =>
        value === undefined || (schema !== undefined && !z.safeParse(schema, value).success);
      return [
        ...((json || form || raw) && wrong(json ?? form, example.request) ? [`${name}: request`] : []),
        ...(answer && wrong(answer, example.answer) ? [`${name}: answer`] : []),
      ];
    });
    expect(bad, 'in openapi/examples').toEqual([]);
  });

  test('says of every field and parameter what it is for', () => {
    // `StoredFile: width` is the entry `width` of `StoredFile`; `admin/reconcile: json.dryRun` one of an endpoint.
    expect(undescribed, 'add to openapi/descriptions').toEqual([]);
    expect(outdated, 'no such field any more: remove from openapi/descriptions').toEqual([]);
  });

  test('has a description on every property and parameter that it holds, wherever it stands', () => {
    const silent: string[] = [];
    const walk = (value: unknown, at: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { properties, parameters, example: _, examples: __, ...rest } = value as Record<string, unknown>;
      const named = [
        ...Object.entries((properties ?? {}) as Record<string, { description?: string }>),
        ...((parameters ?? []) as { name: string; description?: string }[]).map((each) => [each.name, each] as const),
      ];
      for (const [name, each] of named) {
        if ((each.description ?? '').length < 4) silent.push(`${at}/${name}`);
        walk(each, `${at}/${name}`);
      }
      for (const [key, part] of Object.entries(rest)) walk(part, `${at}/${key}`);
    };
    walk(document, '');
    expect(silent).toEqual([]);
  });

  test('tells the details of every code, and its refusals of no other', () => {
    const { schemas } = document.components as { schemas: Record<string, Body> };
    const told = Object.values(schemas).flatMap(({ properties }) => properties?.code?.const ?? []);
    expect(told.sort()).toEqual(Object.keys(statusOf).sort());
  });

  test('tells the refusals of organizations in their own words, on every endpoint of theirs', () => {
    const theirs = contracts.filter(({ contract }) => contract.tag === 'organizations');
    expect(theirs.filter(({ contract }) => contract.wording !== organizationWording)).toEqual([]);
    expect(theirs.length).toBeGreaterThan(10);
  });

  test('names the Idempotency-Key where it is honoured, and nowhere else', () => {
    const honoured = operations.filter(({ operation }) => operation.parameters?.some((each) => each.in === 'header'));
    const names = contracts.filter(({ contract }) => contract.idempotent !== undefined).map(({ name }) => name);
    expect(names.sort()).toEqual(Object.keys(repeatables).sort());
    expect(honoured).toHaveLength(names.length);
  });

  test('says what a form takes, as the form is read', () => {
    const form = at('post', '/api/extensions/apps/{appId}/files/stage')?.requestBody?.content['multipart/form-data'];
    expect(Object.keys(form?.schema.properties ?? {})).toEqual(['file', 'purpose', 'draftId']);
    expect(form?.schema.required).toEqual(['file']);
  });

  test('asks of a backend both proofs together, and of a reader either', () => {
    const backend = { developerKey: [], mainToken: [] };
    const session = '/api/extensions/sessions/{sessionId}/files';
    expect(at('post', session)?.security).toEqual([backend]);
    expect(at('get', session)?.security).toEqual([{ sessionToken: [] }, backend]);
  });
});
