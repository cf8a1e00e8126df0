import { describe, expect, it } from 'vitest';
import { type EndpointRow, functionKeys, type RouteTable, routeTable } from '#lib/routes.ts';
import type { StackSource } from '#lib/synth.ts';
import { readTemplate } from '#local/template/read.ts';
import { withStack } from './stack-fixture.ts';
import { everyStack } from './whole.ts';

const addresses = { apiEndpoint: 'http://127.0.0.1:1', sqsEndpoint: 'http://127.0.0.1:2' };
const folders = ['admin', 'extensions', 'organizations', 'platform', 'uploads'];

/** Endpoints that use everything, and so have the largest templates. */
function more(folder: string, count: number): Record<string, EndpointRow> {
  const rows = Array.from({ length: count }, (_, index): [string, EndpointRow] => [
    // Some come before and some after what is there, in the order of their names.
    `${folder}/${index % 2 ? 'a' : 'z'}-more-${index}`,
    {
      method: 'POST',
      path: `/more/${folder}/{id}/${index}`,
      auth: 'user',
      uses: ['table.write', 'table.scan', 'r2', 'cleanup.send', 'lifecycle.send', 'images'],
      summary: `Endpoint ${index} of ${folder}`,
    },
  ]);
  return Object.fromEntries(rows);
}

const table = (added: Record<string, EndpointRow>): RouteTable => {
  const rows = Object.entries({ ...routeTable.endpoints, ...added }).sort(([a], [b]) => a.localeCompare(b));
  return { ...routeTable, endpoints: Object.fromEntries(rows) };
};

/** Logical ids of all resources with the way to their stack, and what makes a resource another one. */
function places(source: StackSource, way = ''): [string, string][] {
  const inner = Object.entries(source.nested).flatMap(([id, each]) => places(each, `${way}${id}/`));
  return [
    ...Object.entries(source.template.Resources).map(([id, { Type }]): [string, string] => [way + id, Type]),
    ...inner,
  ];
}

const product = await withStack({}, (made) => ({ places: places(made), template: made.template, nested: made.nested }));

describe('the stacks', () => {
  it('hold the endpoints by folder, and leave everything else in the one around them', () => {
    const typesOf = ({ template }: Pick<StackSource, 'template'>) =>
      new Set(Object.values(template.Resources).map(({ Type }) => Type));
    const descriptions = Object.values(product.nested).map(({ template }) => template.Description);
    expect(descriptions).toEqual(folders.map((folder) => `Stowage: endpoints of functions/${folder}`));
    for (const inner of Object.values(product.nested)) {
      expect([...typesOf(inner)].sort()).toEqual([
        'AWS::ApiGatewayV2::Integration',
        'AWS::ApiGatewayV2::Route',
        'AWS::IAM::Role',
        'AWS::Lambda::Function',
        'AWS::Lambda::Permission',
        'AWS::Logs::LogGroup',
      ]);
    }
  });

  it('keep the names of what holds data: another one is another table, and an empty one', () => {
    const data = product.places.filter(([, type]) => ['AWS::DynamoDB::Table', 'AWS::SQS::Queue'].includes(type));
    expect(data.map(([id]) => id).sort()).toEqual([
      'CleanupDeadLetters9AC45906',
      'CleanupQueue70E40F5B',
      'EventsFailuresF865D7C1',
      'EventsWebhook3e1fd90cDeadLettersAD5CE83E',
      'EventsWebhook3e1fd90cQueue9519419E',
      'EventsWebhook8f8faf58DeadLetters6325BCF2',
      'EventsWebhook8f8faf58Queue54DC1B42',
      'ExpiryFailures4A3A26D5',
      'LifecycleDeadLettersD115D16E',
      'LifecycleQueue9FC4C1F4',
      'Table4C2D914F',
    ]);
  });

  it('are deployed one after the other, and export nothing that another could wait for', () => {
    const stacks = Object.keys(product.nested);
    stacks.forEach((id, index) => {
      expect([product.template.Resources[id]?.DependsOn].flat()).toEqual(
        index === 0 ? [undefined] : [stacks[index - 1]],
      );
    });
    expect(JSON.stringify(product)).not.toMatch(/Fn::ImportValue|"Export"/);
  });

  it('have room for a hundred endpoints more, none of which moves one that is there', async () => {
    const added = Object.assign({}, ...folders.map((folder) => more(folder, 20)), more('a-new-folder', 60));
    await withStack({ routes: table(added) }, (made) => {
      // The rules hold every template to CloudFormation's limits.
      const model = readTemplate({ ...made, addresses });
      expect(model.functions).toHaveLength(functionKeys(routeTable).length + 160);
      const after = new Map(places(made));
      expect(product.places.filter(([place, type]) => after.get(place) !== type)).toEqual([]);
      const sizes = everyStack(made).map(({ template }) => Object.keys(template.Resources).length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(400);
    });
  });

  it('of a folder with too many endpoints are refused at synth, with what to do', async () => {
    await expect(withStack({ routes: table(more('crowd', 84)) }, () => undefined)).rejects.toThrow(
      /functions\/crowd has 504 resources, and a nested stack holds 500: give new endpoints a folder of another name/,
    );
  });
});
