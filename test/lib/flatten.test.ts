import { describe, expect, test } from 'vitest';
import { flatten } from '#lib/flatten.ts';
import type { Template } from '#lib/synth.ts';

const nested = (file: string, Parameters: Record<string, unknown> = {}) => ({
  Type: 'AWS::CloudFormation::Stack',
  Properties: { Parameters },
  Metadata: { file },
});
const of = (root: Template, files: Record<string, Template> = {}) =>
  flatten(root, (_id, { Metadata }) => files[String(Metadata?.file)] as Template);

const inBraces = (name: string) => `\${${name}}`;

const bucket = (Properties: Record<string, unknown> = {}) => ({ Type: 'A::B::C', Properties });

/** A root with one nested stack of one resource. */
const ofOne = (Properties: Record<string, unknown>, rest: object = {}, passed: Record<string, unknown> = {}) =>
  of({ Resources: { Inner: nested('inner', passed) } }, { inner: { Resources: { One: bucket(Properties) }, ...rest } });

describe('a stack with nested stacks, read as one', () => {
  test('has the resources of all, under their own ids, and no nested stack', () => {
    const root = { Resources: { Table: bucket(), Inner: nested('inner') } };
    const inner = { Resources: { One: { ...bucket(), Metadata: { path: 'code' } }, Deep: nested('deep') } };
    const deep = { Resources: { Two: bucket() } };
    const { template, parts } = of(root, { inner, deep });
    expect(Object.keys(template.Resources).sort()).toEqual(['One', 'Table', 'Two']);
    expect(template.Resources.One?.Metadata).toEqual({ path: 'code' });
    expect(parts).toEqual({ root, Inner: inner, 'Inner/Deep': deep });
  });

  test('puts what the parent passes where a parameter stood, at any depth', () => {
    const root = { Resources: { Table: bucket(), Inner: nested('inner', { t: { 'Fn::GetAtt': ['Table', 'Arn'] } }) } };
    const inner = { Resources: { Deep: nested('deep', { d: { Ref: 't' } }) }, Parameters: { t: {} } };
    const deep = {
      Resources: { Two: bucket({ List: [{ 'Fn::Join': ['', [{ Ref: 'd' }, '/*']] }, { Ref: 'AWS::Region' }] }) },
      Parameters: { d: {} },
    };
    expect(of(root, { inner, deep }).template.Resources.Two?.Properties).toEqual({
      List: [{ 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Table', 'Arn'] }, '/*']] }, { Ref: 'AWS::Region' }],
    });
  });

  test('puts what the nested template says where an output stood: in resources, outputs and what goes to another stack', () => {
    const output = { 'Fn::GetAtt': ['Inner', 'Outputs.Name'] };
    const root = {
      Resources: { Alarm: bucket({ Of: output }), Inner: nested('inner'), Next: nested('next', { name: output }) },
      Outputs: { Shown: { Value: { 'Fn::GetAtt': 'Inner.Outputs.Name' } } },
    };
    const inner = { Resources: { One: bucket() }, Outputs: { Name: { Value: { Ref: 'One' } } } };
    const next = { Resources: { Two: bucket({ Of: { Ref: 'name' } }) }, Parameters: { name: {} } };
    const { template } = of(root, { inner, next });
    expect(template.Resources.Alarm?.Properties).toEqual({ Of: { Ref: 'One' } });
    expect(template.Resources.Two?.Properties).toEqual({ Of: { Ref: 'One' } });
    expect(template.Outputs).toEqual({ Shown: { Value: { Ref: 'One' } } });
  });

  test('takes a parameter’s default when nobody passes it, and what is passed before it', () => {
    const Parameters = { size: { Default: 5 } };
    const size = (passed: object) =>
      ofOne({ Size: { Ref: 'size' } }, { Parameters }, { ...passed }).template.Resources.One?.Properties?.Size;
    expect(size({})).toBe(5);
    expect(size({ size: 7 })).toBe(7);
  });

  test('waits for no nested stack, and for a resource beside it still', () => {
    const waiting = { ...bucket(), DependsOn: ['Inner', 'Table'] };
    const root = { Resources: { Table: bucket(), Waiting: waiting, Inner: nested('inner') } };
    const { Resources } = of(root, { inner: { Resources: {} } }).template;
    expect(Resources.Waiting?.DependsOn).toEqual(['Table']);
  });

  test('reads a text that names account and region', () => {
    const text = { 'Fn::Sub': ['AWS::AccountId', 'AWS::Region', '!Literal'].map(inBraces).join('-') };
    expect(ofOne({ Text: text }).template.Resources.One?.Properties).toEqual({ Text: text });
  });

  test('without nested stacks is what it was', () => {
    const root = { Resources: { One: bucket({ Of: { Ref: 'Size' } }) }, Parameters: { Size: { Default: 5 } } };
    expect(of(root)).toEqual({ template: root, parts: { root } });
  });
});

describe('what would mean another thing in one template is refused by the name of its stack', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['a parameter nobody passes', () => ofOne({ A: { Ref: 'p' } }, { Parameters: { p: {} } }), /Inner: nobody passes/],
    ['the nested stack’s name', () => ofOne({ A: { Ref: 'AWS::StackName' } }), /Inner: AWS::StackName is another/],
    ['a text with a name in it', () => ofOne({ A: { 'Fn::Sub': inBraces('One') } }), /Inner: Fn::Sub with One/],
    [
      'a text with the stack’s name',
      () => ofOne({ A: { 'Fn::Sub': [inBraces('AWS::StackName'), {}] } }),
      /AWS::StackName/,
    ],
    ['a condition', () => ofOne({}, { Conditions: {} }), /Inner: Conditions of a nested template/],
    [
      'an output that is not there',
      () =>
        of(
          { Resources: { Inner: nested('inner'), One: bucket({ A: { 'Fn::GetAtt': ['Inner', 'Outputs.X'] } }) } },
          { inner: { Resources: {} } },
        ),
      /Inner: there is no output X/,
    ],
    [
      'two resources of one id',
      () => of({ Resources: { One: bucket(), Inner: nested('inner') } }, { inner: { Resources: { One: bucket() } } }),
      /Inner: another stack has a resource One as well/,
    ],
    [
      'the id of a nested stack',
      () =>
        of(
          { Resources: { Inner: nested('inner'), One: bucket({ A: { Ref: 'Inner' } }) } },
          { inner: { Resources: {} } },
        ),
      /root: Ref to the nested stack Inner/,
    ],
  ])('%s', (_name, read, reason) => {
    expect(read).toThrow(reason);
  });
});
