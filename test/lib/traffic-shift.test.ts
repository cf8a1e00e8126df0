import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Alias, Code, Function as Lambda, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { parseConfig, type StowageSettings } from '#lib/config.ts';
import { routeTable } from '#lib/routes.ts';
import type { StackSource, Synthesized, TemplateResource } from '#lib/synth.ts';
import { readTemplate } from '#local/template/read.ts';
import { settings, withStack } from './stack-fixture.ts';
import { everyStack, whole } from './whole.ts';

const addresses = { apiEndpoint: 'http://127.0.0.1:1', sqsEndpoint: 'http://127.0.0.1:2' };
const shifting = (more: Partial<NonNullable<StowageSettings['trafficShift']>> = {}) =>
  parseConfig({ ...settings, trafficShift: { by: 'Canary10Percent5Minutes', ...more } });
const seen = (made: Synthesized) => ({
  all: whole(made).Resources,
  sizes: everyStack(made).map(({ template }: StackSource) => Object.keys(template.Resources).length),
  routes: readTemplate({ ...made, addresses }).apis[0]?.routes ?? [],
});
type Resources = Record<string, TemplateResource>;
const ofType = (resources: Resources, type: string) =>
  Object.entries(resources).filter(([, { Type }]) => Type === type);
const properties = (resources: Resources, type: string) =>
  ofType(resources, type).map(([, { Properties }]) => Properties as Record<string, unknown>);

const endpoints = Object.keys(routeTable.endpoints).length;

describe('new code of endpoints', async () => {
  const [off, on] = [await withStack({}, seen), await withStack({ config: shifting() }, seen)];

  it('takes over at once unless the settings say otherwise', () => {
    const types = new Set(Object.values(off.all).map(({ Type }) => Type));
    expect([...types].filter((type) => /CodeDeploy|Lambda::(Alias|Version)/.test(type))).toEqual([]);
    expect(new Set(off.routes.map(({ qualifier }) => qualifier))).toEqual(new Set([undefined]));
  });

  it('is called by an alias, which the gateway may invoke, and workers are not', () => {
    expect(ofType(on.all, 'AWS::Lambda::Alias')).toHaveLength(endpoints);
    const called = on.routes.filter(({ qualifier }) => qualifier === 'live');
    expect(called).toHaveLength(endpoints);
    expect(
      on.routes.filter((route) => !called.includes(route)).every(({ routeKey }) => /proxy| \/$/.test(routeKey)),
    ).toBe(true);
    const aliases = new Set(ofType(on.all, 'AWS::Lambda::Alias').map(([id]) => id));
    const permitted = properties(on.all, 'AWS::Lambda::Permission').filter(({ FunctionName }) =>
      aliases.has((FunctionName as { Ref?: string }).Ref ?? ''),
    );
    expect(permitted).toHaveLength(endpoints);
  });

  it('moves a tenth first, and goes back when one of the alarms of the last minutes rings', () => {
    const groups = properties(on.all, 'AWS::CodeDeploy::DeploymentGroup');
    expect(groups).toHaveLength(endpoints);
    for (const group of groups) {
      expect(group).toMatchObject({
        DeploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
        AutoRollbackConfiguration: {
          Enabled: true,
          Events: expect.arrayContaining(['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM']),
        },
        AlarmConfiguration: { Enabled: true },
      });
      const { Alarms } = group.AlarmConfiguration as { Alarms: { Name: { Ref: string } }[] };
      const names = Alarms.map(({ Name }) => Name.Ref.replace(/^Alarms|[0-9A-F]{8}$/g, '')).sort();
      // CodeDeploy takes ten alarms a group.
      expect(names).toEqual([
        'AdminFailing',
        'ChangesFailing',
        'PlatformFailing',
        'ReadsFailing',
        'ReadsSlow',
        'ServerErrors',
        'Slow',
        'UploadsFailing',
      ]);
    }
    for (const [, { UpdatePolicy }] of ofType(on.all, 'AWS::Lambda::Alias') as [
      string,
      TemplateResource & { UpdatePolicy?: object },
    ][]) {
      expect(UpdatePolicy).toHaveProperty('CodeDeployLambdaAliasUpdate.DeploymentGroupName');
    }
  });

  it('is deployed in spite of an alarm by a setting, for what mends it', async () => {
    const { all } = await withStack({ config: shifting({ by: 'AllAtOnce', ignoreAlarms: true }) }, seen);
    for (const group of properties(all, 'AWS::CodeDeploy::DeploymentGroup')) {
      expect(group).toMatchObject({
        DeploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce',
        AlarmConfiguration: { Enabled: false },
      });
    }
  });

  it('is called by nobody who may not call it yet, on the way to an alias and back', () => {
    for (const { all } of [off, on]) {
      for (const [id, integration] of ofType(all, 'AWS::ApiGatewayV2::Integration')) {
        const permissions = [integration.DependsOn].flat().map((name) => all[name ?? '']?.Type);
        expect(permissions, id).toContain('AWS::Lambda::Permission');
      }
    }
  });

  it('comes with a new layer, too: another version is another deployment', () => {
    const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'));
    const versionWith = (content: string) => {
      const dir = mkdtempSync(join(tmpdir(), 'stowage-layer-'));
      writeFileSync(join(dir, 'package.json'), content);
      const stack = new Stack(new App({ context }), 'Stack');
      const layers = [new LayerVersion(stack, 'Layer', { code: Code.fromAsset(dir) })];
      const code = Code.fromInline('exports.handler = async () => 1;');
      const lambda = new Lambda(stack, 'F', { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code, layers });
      new Alias(lambda, 'Live', { aliasName: 'live', version: lambda.currentVersion });
      const [id] = Object.keys(Template.fromStack(stack).findResources('AWS::Lambda::Version'));
      rmSync(dir, { recursive: true });
      return id;
    };
    expect(versionWith('{"a":1}')).not.toBe(versionWith('{"a":2}'));
  });

  it('leaves everything else as and where it was, so that the setting may come and go', () => {
    const kept = Object.keys(off.all).filter((id) => on.all[id]?.Type !== off.all[id]?.Type);
    expect(kept).toEqual([]);
    expect(Math.max(...on.sizes)).toBeLessThanOrEqual(400);
  });
});
