import { describe, expect, it } from 'vitest';
import { checkPattern, matchesPattern } from '#local/events/filter.ts';
import { parseSchedule } from '#local/events/schedule.ts';
import { allows, type Statement } from '#local/iam/policy.ts';
import { createResolver } from '#local/template/intrinsics.ts';

describe('a filter pattern', () => {
  it.each([
    [{ a: ['x', 'y'] }, { a: 'y' }, true],
    [{ a: ['x'] }, { a: 'z' }, false],
    [{ a: ['x'] }, {}, false],
    [{ a: { b: [1] } }, { a: { b: 1 } }, true],
    [{ a: [1] }, { a: '1' }, false],
    [{ a: [null] }, { a: null }, true],
    [{ a: ['x'], b: ['y'] }, { a: 'x', b: 'z' }, false],
    [{ a: ['x'] }, { a: ['w', 'x'] }, true],
    [{ a: [{ prefix: 'ab' }] }, { a: 'abc' }, true],
    [{ a: [{ prefix: 'ab' }] }, { a: 'cab' }, false],
    [{ a: [{ suffix: 'c' }] }, { a: 'abc' }, true],
    [{ a: [{ 'equals-ignore-case': 'AbC' }] }, { a: 'aBc' }, true],
    [{ a: [{ exists: true }] }, { a: 0 }, true],
    [{ a: [{ exists: true }] }, {}, false],
    [{ a: [{ exists: false }] }, {}, true],
    [{ a: [{ 'anything-but': ['x', 'y'] }] }, { a: 'z' }, true],
    [{ a: [{ 'anything-but': ['x', 'y'] }] }, { a: 'x' }, false],
    [{ a: [{ 'anything-but': { prefix: 'x' } }] }, { a: 'xa' }, false],
    [{ a: [{ 'anything-but': 'x' }] }, {}, false],
    [{ a: [{ numeric: ['>', 1, '<=', 3] }] }, { a: 3 }, true],
    [{ a: [{ numeric: ['>', 1, '<=', 3] }] }, { a: 1 }, false],
    [{ a: [{ numeric: ['=', 3] }] }, { a: '3' }, false],
    [{ $or: [{ a: [1] }, { b: [1] }] }, { b: 1 }, true],
  ])('%j on %j: %s', (pattern, record, expected) => {
    checkPattern(pattern, 'test');
    expect(matchesPattern(pattern, record)).toBe(expected);
  });

  it('with an operator nobody evaluates is refused by name', () => {
    expect(() => checkPattern({ a: [{ wildcard: '*' }] }, 'Mapping')).toThrow(/Mapping: a: operator wildcard/);
    expect(() => checkPattern({ a: 'x' }, 'Mapping')).toThrow(/must be a list/);
  });
});

describe('a schedule', () => {
  const due = (expression: string, date: string) => {
    const schedule = parseSchedule(expression);
    return 'isDue' in schedule && schedule.isDue(new Date(date));
  };

  it('reads rates', () => {
    expect(parseSchedule('rate(1 hour)')).toEqual({ everyMs: 3_600_000 });
    expect(parseSchedule('rate(5 minutes)')).toEqual({ everyMs: 300_000 });
  });

  it.each([
    ['cron(0 * * * ? *)', '2026-01-05T10:00:00Z', true],
    ['cron(0 * * * ? *)', '2026-01-05T10:01:00Z', false],
    ['cron(0/15 * * * ? *)', '2026-01-05T10:45:00Z', true],
    ['cron(10-20/5 8 * * ? *)', '2026-01-05T08:15:00Z', true],
    ['cron(10-20/5 8 * * ? *)', '2026-01-05T08:25:00Z', false],
    ['cron(0 3 ? * MON-FRI *)', '2026-01-05T03:00:00Z', true],
    ['cron(0 3 ? * MON-FRI *)', '2026-01-04T03:00:00Z', false],
    ['cron(0 3 ? * 1 *)', '2026-01-04T03:00:00Z', true],
    ['cron(0 0 1 JAN,JUL ? 2026)', '2026-07-01T00:00:00Z', true],
    ['cron(0 0 1 JAN,JUL ? 2026)', '2027-07-01T00:00:00Z', false],
  ])('%s at %s: %s', (expression, date, expected) => {
    expect(due(expression, date)).toBe(expected);
  });

  it.each([
    'every hour',
    'cron(0 * * *)',
    'cron(0 0 L * ? *)',
    'cron(99 * * * ? *)',
    'cron(0/0 * * * ? *)',
    'cron(0 0 * * * *)',
    'cron(0 0 ? * ? *)',
    'rate(1 hours)',
    'rate(5 minute)',
    'rate(0 minutes)',
  ])('refuses %s', (expression) => {
    expect(() => parseSchedule(expression)).toThrow();
  });
});

describe('a policy', () => {
  const base: Statement = { effect: 'Allow', actions: [], notActions: false, resources: ['*'], notResources: false };

  it('needs an allow, and a deny beats it', () => {
    const read = { ...base, actions: ['dynamodb:Get*'] };
    expect(allows([], 'dynamodb:GetItem', 'a')).toBe(false);
    expect(allows([read], 'dynamodb:GetItem', 'a')).toBe(true);
    expect(allows([read], 'dynamodb:PutItem', 'a')).toBe(false);
    const deny: Statement = { ...base, effect: 'Deny', actions: ['*'], resources: ['secret*'] };
    expect(allows([read, deny], 'dynamodb:GetItem', 'secret/1')).toBe(false);
  });

  it('compares actions in any case, resources letter by letter, with * and ?', () => {
    const one = { ...base, actions: ['SQS:sendmessage'], resources: ['arn:q-??'] };
    expect(allows([one], 'sqs:SendMessage', 'arn:q-12')).toBe(true);
    expect(allows([one], 'sqs:SendMessage', 'arn:q-123')).toBe(false);
    expect(allows([one], 'sqs:SendMessage', 'ARN:q-12')).toBe(false);
  });

  it('does not let an index pass for its table', () => {
    const table = { ...base, actions: ['dynamodb:Query'], resources: ['arn:t'] };
    expect(allows([table], 'dynamodb:Query', 'arn:t/index/i')).toBe(false);
  });

  it('turns NotAction and NotResource round', () => {
    const not = { ...base, actions: ['iam:*'], notActions: true, resources: ['x'], notResources: true };
    expect(allows([not], 'sqs:SendMessage', 'y')).toBe(true);
    expect(allows([not], 'iam:PassRole', 'y')).toBe(false);
    expect(allows([not], 'sqs:SendMessage', 'x')).toBe(false);
  });
});

describe('an intrinsic function', () => {
  const resolver = createResolver({
    stackName: 's',
    template: {
      Resources: {},
      Parameters: { P: { Default: 'default' }, Q: {} },
      Conditions: { Yes: { 'Fn::Equals': [{ Ref: 'P' }, 'default'] }, No: { 'Fn::Not': [{ Condition: 'Yes' }] } },
      Mappings: { M: { a: { b: 'mapped' } } },
    },
    attribute: (id, name) => (id === 'R' && name !== 'Nothing' ? `${id}.${name ?? 'ref'}` : undefined),
    secrets: { name: '{"key":"value"}' },
  });

  it.each([
    [{ Ref: 'R' }, 'R.ref'],
    [{ Ref: 'P' }, 'default'],
    [{ Ref: 'AWS::Region' }, 'us-east-1'],
    [{ 'Fn::GetAtt': ['R', 'Arn'] }, 'R.Arn'],
    [{ 'Fn::GetAtt': 'R.Arn' }, 'R.Arn'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own syntax
    [{ 'Fn::Sub': '${R}/${R.Arn}/${AWS::AccountId}/${!Literal}' }, 'R.ref/R.Arn/000000000000/${Literal}'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own syntax
    [{ 'Fn::Sub': ['${x}-${R}', { x: { Ref: 'P' } }] }, 'default-R.ref'],
    [{ 'Fn::Join': ['/', ['a', { Ref: 'R' }]] }, 'a/R.ref'],
    [{ 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [{ 'Fn::If': ['Yes', 'y', 'n'] }, 'y'],
    [{ 'Fn::If': ['No', 'y', 'n'] }, 'n'],
    [{ a: { Ref: 'AWS::NoValue' }, b: 1 }, { b: 1 }],
    [{ 'Fn::FindInMap': ['M', 'a', 'b'] }, 'mapped'],
    ['{{resolve:secretsmanager:name:SecretString:key}}', 'value'],
  ])('%j gives %j', (value, expected) => {
    expect(resolver.resolve(value, 'here')).toEqual(expected);
  });

  it.each([
    [{ Ref: 'Q' }, /parameter Q is not passed and has no default/],
    [{ Ref: 'Missing' }, /here: Ref to Missing/],
    [{ 'Fn::GetAtt': ['R', 'Nothing'] }, /R\.Nothing/],
    [{ 'Fn::ImportValue': 'x' }, /Fn::ImportValue is not supported/],
    ['{{resolve:ssm:x}}', /cannot be resolved/],
  ])('%j stops the boot', (value, message) => {
    expect(() => resolver.resolve(value, 'here')).toThrow(message);
  });
});
