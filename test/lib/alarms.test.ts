import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { accessLog } from '#lib/constructs/api.ts';
import { routeTable } from '#lib/routes.ts';
import type { Template } from '#lib/synth.ts';
import { type Access, accessLine } from '#local/gateway/access-log.ts';
import { documented } from '#test/support/aws-metrics.ts';
import {
  alarmsOf,
  counted,
  matches,
  type ReadMetric,
  readByAlarm,
  readByDashboard,
  rings,
} from '#test/support/cloudwatch.ts';
import { config, withStack } from './stack-fixture.ts';
import { whole } from './whole.ts';

const scan = { mode: 'quarantine' as const, timeoutMinutes: 60, onTimeout: 'release' as const };
const { Resources: resources } = await withStack({}, whole);
const alarms = alarmsOf(resources);

/** Lines of the gateway as the template asks for them, of so many requests to a route. */
const line = accessLine(JSON.stringify(accessLog));
const requests = (routeKey: string, status: number, count: number, more: Partial<Access> = {}) =>
  Array.from({ length: count }, () =>
    JSON.parse(
      line({
        requestId: 'id',
        at: new Date(),
        method: 'GET',
        routeKey,
        status,
        responseBytes: 1,
        responseMs: 1,
        ...more,
      }),
    ),
  );
const upload = 'POST /v1/upload/private';
const read = 'GET /v1/upload';

/** The alarms that ring on these lines, of those that count lines of the gateway. */
function ringing(lines: ReturnType<typeof requests>): string[] {
  const failures = lines.filter(({ status }) => status.startsWith('5')).length;
  const sums = counted(resources, lines).set('Count', lines.length).set('5xx', failures);
  return [...alarms].filter(([id, alarm]) => isOfRoutes(id) && rings(alarm, sums)).map(([id]) => id);
}
const isOfRoutes = (id: string) => /(Failing|Down)$|^ServerErrors$|^Unauthorized$/.test(id);

describe('a group of routes', () => {
  test('that fails altogether rings, though it is four percent of the traffic and the whole API looks well', () => {
    expect(ringing([...requests(upload, 503, 40), ...requests(read, 200, 960)])).toEqual([
      'UploadsFailing',
      'UploadsDown',
    ]);
  });

  test('that fails altogether at night rings after two of three requests', () => {
    expect(ringing(requests(upload, 500, 2))).toEqual(['UploadsDown']);
    expect(ringing(requests(upload, 500, 3))).toEqual(['UploadsFailing', 'UploadsDown', 'ServerErrors']);
    expect(ringing([...requests(upload, 500, 2), ...requests(upload, 200, 3)])).toEqual([]);
  });

  test('rings for functions that died and wrote nothing, since the gateway did', () => {
    const integration = { requestId: 'lambda', latencyMs: 29_000, error: 'Task timed out' };
    expect(ringing(requests(read, 500, 5, { integration }))).toContain('ReadsFailing');
  });

  test('is quiet for a failure that is alone, for a small share, and for what callers do wrong', () => {
    expect(ringing(requests(read, 500, 1))).toEqual([]);
    expect(ringing([...requests(read, 500, 4), ...requests(read, 200, 96)])).toEqual([]);
    expect(ringing([...requests(read, 404, 50), ...requests(upload, 413, 50)])).toEqual([]);
  });

  test('has every route of the table in exactly one', () => {
    for (const { method, path } of Object.values(routeTable.endpoints)) {
      const sums = counted(resources, requests(`${method} ${path}`, 500, 1));
      const groups = [...sums].filter(([name, count]) => name.endsWith('Failures') && count > 0);
      expect(groups, `${method} ${path}`).toHaveLength(1);
      const [name = ''] = groups[0] ?? [];
      expect(sums.get(name.replace(/Failures$/, 'Requests'))).toBe(1);
      expect(groups[0]?.[1]).toBe(1);
    }
  });
});

test('requests of everybody that are refused with 401 ring, though nothing fails with 5xx', () => {
  expect(ringing(requests(read, 401, 20))).toEqual(['Unauthorized']);
  expect(ringing([...requests(read, 401, 20), ...requests(read, 200, 30)])).toEqual([]);
});

test('a stream that nobody reads rings, which tells nothing at all then; an idle one is told of', () => {
  for (const id of ['WorkersExpiryUnread', 'WorkersEventsUnread']) {
    expect(alarms.get(id), id).toMatchObject({
      Statistic: 'SampleCount',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    });
  }
  const mappings = ofType('AWS::Lambda::EventSourceMapping').filter(({ Properties }) => Properties?.StartingPosition);
  expect(mappings.map(({ Properties }) => Properties?.MetricsConfig)).toEqual(
    mappings.map(() => ({ Metrics: ['EventCount'] })),
  );
  expect(mappings).toHaveLength(2);
});

test('functions with a concurrency of their own are refused without ringing: a cap that works is no fault', async () => {
  const { Metrics = [] } = alarms.get('Throttled') as { Metrics?: { Expression?: string }[] };
  expect(Metrics.map(({ Expression }) => Expression)).toContainEqual(
    'FILL(all, 0) - FILL(capped0, 0) - FILL(capped1, 0) - FILL(capped2, 0) - FILL(capped3, 0)',
  );
  const { imageConcurrency: _, ...free } = config;
  const plain = alarmsOf((await withStack({ config: free }, whole)).Resources).get('Throttled');
  expect(plain).toMatchObject({ MetricName: 'Throttles' });
});

test('a webhook whose secret signs nothing rings; one that refuses does not', () => {
  const alarm = alarms.get('WebhooksUnsent');
  const of = (level: string) => counted(resources, [{ level, message: 'webhook not taken' }]);
  expect(alarm && rings(alarm, of('ERROR'))).toBe(true);
  expect(alarm && rings(alarm, of('WARN'))).toBe(false);
});

test('a pattern that CloudWatch could not read is not read here', () => {
  expect(() => matches('{ $.a = "b" ')).toThrow(/undefined where }/);
  expect(() => matches('{ ($.a = "b" && $.c = "d" }')).toThrow(/where \)/);
  expect(matches('{ $.status = "5*" }')({ status: '503' })).toBe(true);
  expect(matches('{ $.status = "5*" }')({ status: '2050' })).toBe(false);
});

describe('every alarm', () => {
  const runbook = readFileSync(join(import.meta.dirname, '../../docs/operating.md'), 'utf8');
  const chapter = runbook.slice(runbook.indexOf('\n## Alarms\n'), runbook.indexOf('\n### What alarms'));
  const entries = chapter.split('\n### ').slice(1);
  const named = entries.map((entry) => {
    const [heading = ''] = entry.split('\n', 1);
    return { entry, ids: [...heading.matchAll(/`(\w+)`/g)].map(([, id = '']) => id) };
  });

  test('has an entry in the runbook with a query to paste, what to do and what not; and no entry is without one', async () => {
    const scanning = alarmsOf((await withStack({ config: { ...config, scan } }, whole)).Resources);
    const ids = [...new Set([...alarms.keys(), ...scanning.keys()])].sort();
    expect(named.flatMap((one) => one.ids).sort()).toEqual(ids);
    for (const {
      entry,
      ids: [id],
    } of named) {
      expect(entry, id).toMatch(/```text\n(filter|fields) [^`]+\n```/);
      expect(entry, id).toMatch(/\n- \*\*Do:\*\* /);
      expect(entry, id).toMatch(/\n- \*\*Do not\*\* /);
    }
  });

  test('asks its query for fields that lines have', () => {
    const fields = new Set([...Object.keys(accessLog), ...lineFields]);
    for (const {
      entry,
      ids: [id],
    } of named) {
      const [, query = ''] = /```text\n([^`]+)```/.exec(entry) ?? [];
      const words = query.replaceAll(/"[^"]*"|\/[^/\n]*\/|\bas \w+|<[^>]*>/g, ' ').match(/[@A-Za-z_][\w.]*/g) ?? [];
      const made = [...query.matchAll(/\bas (\w+)/g)].map(([, name = '']) => name);
      const unknown = words.filter((word) => !syntax.has(word) && !made.includes(word) && !fields.has(word));
      expect(unknown, id).toEqual([]);
    }
  });

  test('tells the address and the topic of the settings', async () => {
    const alarmTopicArn = 'arn:aws:sns:eu-central-1:123456789012:pager';
    const told = alarmsOf((await withStack({ config: { ...config, alarmTopicArn } }, whole)).Resources);
    expect(told.size).toBe(alarms.size);
    for (const [id, { AlarmActions }] of told) {
      expect(AlarmActions, id).toEqual([{ Ref: expect.stringMatching(/^AlarmsTopic/) }, alarmTopicArn]);
    }
  });

  test('reads, as the dashboard does, only metrics that AWS or this stack has, under the dimensions they have', () => {
    const dashboards = ofType('AWS::CloudWatch::Dashboard').map(({ Properties }) => bodyOf(Properties));
    const all = [...[...alarms.values()].flatMap(readByAlarm), ...dashboards.flatMap(readByDashboard)];
    expect(all.length).toBeGreaterThan(100);
    const filters = ofType('AWS::Logs::MetricFilter').flatMap(
      ({ Properties }) => Properties?.MetricTransformations as { MetricName: string; MetricNamespace: string }[],
    );
    const own = new Set(filters.map(({ MetricName, MetricNamespace }) => `${MetricNamespace} ${MetricName}`));
    const wrong = all.filter((metric) => {
      const key = `${metric.namespace} ${metric.name}`;
      if (own.has(key)) return Object.keys(metric.dimensions).length > 0;
      return !documented[key]?.some((names) => sameNames(names, metric));
    });
    expect(wrong).toEqual([]);
  });
});

test('the dashboard shows every alarm, and the routes that fail', () => {
  const [board] = ofType('AWS::CloudWatch::Dashboard');
  const { widgets } = JSON.parse(bodyOf(board?.Properties)) as {
    widgets: { type: string; properties: { alarms?: string[]; query?: string } }[];
  };
  const shown = widgets.flatMap(({ properties }) => properties.alarms ?? []);
  expect(shown).toHaveLength(alarms.size);
  expect(widgets.find(({ type }) => type === 'log')?.properties.query).toMatch(/^SOURCE '.*'.*\|/s);
});

test('traces are made when the settings ask for them, by functions that may', async () => {
  const traced = await withStack({ config: { ...config, tracing: true } }, whole);
  const functions = (template: Pick<Template, 'Resources'>) =>
    Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  for (const { Properties } of functions(traced)) expect(Properties?.TracingConfig).toEqual({ Mode: 'Active' });
  for (const { Properties } of functions({ Resources: resources })) expect(Properties?.TracingConfig).toBeUndefined();
  const mayTrace = (template: Pick<Template, 'Resources'>) =>
    Object.values(template.Resources).filter((one) => JSON.stringify(one).includes('xray:PutTraceSegments')).length;
  expect(mayTrace(traced)).toBe(functions(traced).length);
  expect(mayTrace({ Resources: resources })).toBe(0);
});

function ofType(type: string) {
  return Object.values(resources).filter(({ Type }) => Type === type);
}

/** The body with names in place of references. */
function bodyOf(properties: Record<string, unknown> | undefined): string {
  const body = properties?.DashboardBody as string | { 'Fn::Join': [string, unknown[]] };
  if (typeof body === 'string') return body;
  return body['Fn::Join'][1].map((part) => (typeof part === 'string' ? part : 'reference')).join('');
}

function sameNames(names: readonly string[], { dimensions }: ReadMetric): boolean {
  return [...names].sort().join() === Object.keys(dimensions).sort().join();
}

/** Words of CloudWatch Logs Insights. */
const syntax = new Set(
  'filter fields display stats sort limit by asc desc count sum latest pct bin ispresent like in and or not'
    .split(' ')
    .concat(['m', '1m', '5m', 'i']),
);

/** Of lines of ours, and of Lambda's own in JSON. */
const lineFields = [
  ...['@timestamp', '@log', 'level', 'message', 'awsRequestId', 'messageId', 'fileId', 'error.name', 'error.message'],
  ...['host', 'status', 'reason', 'stopped.0.reason', 'stopped.0.message', 'report.complete', 'report.failed.count'],
  ...['type', 'record.status', 'record.errorType', 'record.requestId'],
  ...['_aws.Timestamp', 'Latency', 'TableTime', 'BucketTime', 'Conflicts', 'group'],
];
