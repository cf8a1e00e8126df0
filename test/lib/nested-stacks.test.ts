import { describe, expect, test } from 'vitest';
import { type EndpointRow, type RouteTable, routeTable } from '#lib/routes.ts';
import type { Synthesized } from '#lib/synth.ts';
import { passedLimits } from '#lib/template-limits.ts';
import type { CfnTemplate } from '#local/template/intrinsics.ts';
import { readTemplate } from '#local/template/read.ts';
import { withStack } from './stack-fixture.ts';

const folders = ['Admin', 'Extensions', 'Organizations', 'Platform', 'Uploads', 'Workers'];
const today = await withStack({}, ({ parts, template }) => ({ parts, template }));

/** Resource types of one template; a nested one by its folder. */
function partOf(parts: Synthesized['parts'], folder: string) {
  const [found, ...more] = Object.entries(parts).filter(([name]) => name.startsWith(`Functions${folder}`));
  expect(more).toEqual([]);
  return found?.[1] ?? { Resources: {} };
}
const typesOf = ({ Resources }: { Resources: Record<string, { Type: string }> }) =>
  new Set(Object.values(Resources).map(({ Type }) => Type));

/** The table with `count` endpoints more, spread over the folders as those of today are. */
function withMore(count: number, folder = ''): RouteTable {
  const rows = Object.entries(routeTable.endpoints as RouteTable['endpoints']).filter(([key]) =>
    key.startsWith(folder),
  );
  const more = Array.from({ length: count }, (_, index) => {
    const [key, row] = rows[index % rows.length] as [string, EndpointRow];
    return [`${key}-more-${index}`, { ...row, path: `${row.path}/more-${index}`, summary: `More ${index}` }] as const;
  });
  return { ...routeTable, endpoints: { ...Object.fromEntries(more), ...routeTable.endpoints } };
}

describe('the stacks', () => {
  test('are one for each folder, and the root', () => {
    expect(Object.keys(today.parts)).toHaveLength(folders.length + 1);
    for (const folder of folders) expect(Object.keys(partOf(today.parts, folder).Resources)).not.toEqual([]);
  });

  test('nested hold functions and what leads to them, and neither data nor the API nor alarms', () => {
    const found = folders.flatMap((folder) => [...typesOf(partOf(today.parts, folder))]);
    expect([...new Set(found)].sort()).toEqual([
      'AWS::ApiGatewayV2::Integration',
      'AWS::ApiGatewayV2::Route',
      'AWS::Events::Rule',
      'AWS::IAM::Role',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::EventSourceMapping',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
    ]);
  });

  test('leave no function in the root, whose data nothing in them can take along', () => {
    const types = typesOf(today.parts.root ?? { Resources: {} });
    expect([...types]).toEqual(expect.arrayContaining(['AWS::DynamoDB::Table', 'AWS::SQS::Queue']));
    for (const type of ['Function', 'Permission', 'EventSourceMapping'])
      expect(types).not.toContain(`AWS::Lambda::${type}`);
  });

  test('hold every function in the stack of its folder, under a name that begins with its key', () => {
    for (const folder of folders) {
      const ids = Object.keys(partOf(today.parts, folder).Resources);
      const others = ids.filter((id) => !id.startsWith(folder));
      expect(others.every((id) => folder === 'Workers' && id.startsWith('Fallback'))).toBe(true);
    }
  });
});

describe('a hundred endpoints more, spread as those of today are', { timeout: 60_000 }, () => {
  test('fit, can be deployed, and move nothing that is there', async () => {
    await withStack({ routes: withMore(100) }, ({ parts, template, assetPath }) => {
      for (const [name, part] of Object.entries(parts)) expect(passedLimits(name, part)).toEqual([]);
      for (const [name, { Resources }] of Object.entries(today.parts)) {
        expect(Object.keys(parts[name]?.Resources ?? {})).toEqual(expect.arrayContaining(Object.keys(Resources)));
      }
      const added = Object.keys(template.Resources).length - Object.keys(today.template.Resources).length;
      expect(added).toBe(600);
      const model = readTemplate({
        template: template as CfnTemplate,
        parts: parts as Record<string, CfnTemplate>,
        stackName: 'stowage',
        addresses: { apiEndpoint: 'http://127.0.0.1:1', sqsEndpoint: 'http://127.0.0.1:2' },
        assetDir: assetPath,
      });
      expect(model.apis[0]?.routes).toHaveLength(Object.keys(routeTable.endpoints).length + 100 + 7);
    });
  });

  test('leave room in every folder', async () => {
    const { parts } = await withStack({ routes: withMore(100) }, (made) => made);
    const room = folders.map((folder) => Math.floor((500 - Object.keys(partOf(parts, folder).Resources).length) / 6));
    expect(Math.min(...room)).toBeGreaterThanOrEqual(30);
  });
});

describe('a folder', { timeout: 60_000 }, () => {
  const admins = Object.keys(routeTable.endpoints).filter((key) => key.startsWith('admin/')).length;

  test('takes 83 endpoints', async () => {
    const { parts } = await withStack({ routes: withMore(83 - admins, 'admin/') }, (made) => made);
    expect(Object.keys(partOf(parts, 'Admin').Resources)).toHaveLength(498);
  });

  test('with more is refused at synth, with what to do', async () => {
    const synthesized = withStack({ routes: withMore(85 - admins, 'admin/') }, () => undefined);
    await expect(synthesized).rejects.toThrow(
      /functions\/admin needs 510 resources, and CloudFormation takes 500 a stack\. Move 2 of its endpoints/,
    );
  });
});

describe('the limits of a template', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`R${index}`, {}]));

  test.each([
    ['501 resources', { Resources: many(501) }, 'a: 501 resources are more than the 500 of a template'],
    [
      '201 parameters',
      { Resources: {}, Parameters: many(201) },
      'a: 201 parameters are more than the 200 of a template',
    ],
    ['201 outputs', { Resources: {}, Outputs: many(201) }, 'a: 201 outputs are more than the 200 of a template'],
  ])('refuse %s', (_name, template, reason) => {
    expect(passedLimits('a', template)).toEqual([reason]);
  });

  test('refuse more than a megabyte and take what just fits', () => {
    expect(passedLimits('a', { Resources: { A: 'x'.repeat(1_000_000) } })).toEqual([
      expect.stringMatching(/ bytes are/),
    ]);
    expect(passedLimits('a', { Resources: many(500), Parameters: many(200), Outputs: many(200) })).toEqual([]);
  });
});
