import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { config, withStack } from './stack-fixture.ts';
import { whole } from './whole.ts';

const stack = Template.fromJSON(await withStack({}, whole));

test('two alarms ring when reconcile stops for somebody to decide, and when it has not got through for a day', () => {
  const filter = (pattern: string) => {
    const [properties, ...more] = Object.values(stack.findResources('AWS::Logs::MetricFilter'))
      .map(({ Properties }) => Properties)
      .filter(({ FilterPattern }) => FilterPattern === pattern);
    expect(more).toEqual([]);
    expect(properties?.LogGroupName.Ref).toMatch(/^WorkersReconcileLogs/);
    const { MetricName, MetricNamespace, MetricValue } = properties?.MetricTransformations[0] ?? {};
    expect(MetricValue).toBe('1');
    return { MetricName, Namespace: MetricNamespace };
  };
  stack.hasResourceProperties('AWS::CloudWatch::Alarm', {
    ...filter('{ $.message = "reconcile stopped" }'),
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    Period: 3600,
    EvaluationPeriods: 2,
    DatapointsToAlarm: 1,
  });
  stack.hasResourceProperties('AWS::CloudWatch::Alarm', {
    ...filter('{ ($.message = "reconcile") && ($.report.complete IS TRUE) }'),
    ComparisonOperator: 'LessThanThreshold',
    Threshold: 1,
    Period: 3600,
    EvaluationPeriods: 24,
    TreatMissingData: 'breaching',
  });
});

test('they ask for no run where nothing can be stored', async () => {
  const { r2: _, ...withoutR2 } = config;
  const template = Template.fromJSON(await withStack({ config: withoutR2 }, whole));
  const filters = Object.values(template.findResources('AWS::Logs::MetricFilter'));
  expect(filters.filter(({ Properties }) => /\$\.message = "reconcile/.test(Properties.FilterPattern))).toEqual([]);
});

test('a run of the clock that failed is repeated by nobody: the next one finds the same work', () => {
  const [id] = Object.keys(stack.findResources('AWS::Lambda::Function')).filter((each) =>
    each.startsWith('WorkersReconcile'),
  );
  stack.resourceCountIs('AWS::Lambda::EventInvokeConfig', 1);
  stack.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    FunctionName: { Ref: id },
    Qualifier: '$LATEST',
    MaximumRetryAttempts: 0,
  });
  stack.hasResourceProperties('AWS::Events::Rule', {
    Targets: [Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 0 } })],
  });
});
