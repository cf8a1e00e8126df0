/**
 * As much of CloudWatch as tests of alarms need: which lines a metric filter counts, and when an alarm over them rings. Filter
 * patterns and expressions are read here for themselves, so that a wrong one counts nothing, as it would there.
 */
import type { Line } from './logs.ts';

interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
}

interface MetricQuery {
  Id: string;
  Expression?: string;
  ReturnData?: boolean;
  MetricStat?: { Metric: { Namespace: string; MetricName: string; Dimensions?: unknown[] }; Period: number };
}

export interface AlarmProperties {
  AlarmDescription: string;
  Metrics?: MetricQuery[];
  Namespace?: string;
  MetricName?: string;
  Dimensions?: { Name: string; Value: unknown }[];
  Period?: number;
  Threshold: number;
  ComparisonOperator: string;
  AlarmActions?: unknown[];
}

/** Alarms of a template by the id in their description, by which the runbook knows them. */
export function alarmsOf(resources: Record<string, Resource>): Map<string, AlarmProperties> {
  const alarms = Object.values(resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
  return new Map(
    alarms.map(({ Properties }) => {
      const properties = Properties as unknown as AlarmProperties;
      const [, id = ''] = /"Alarms", (\w+)\.$/.exec(properties.AlarmDescription) ?? [];
      return [id, properties];
    }),
  );
}

/** Sums of what the filters of a template count in some lines, by name of the metric. */
export function counted(resources: Record<string, Resource>, lines: readonly Line[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type !== 'AWS::Logs::MetricFilter') continue;
    const { FilterPattern, MetricTransformations } = Properties as {
      FilterPattern: string;
      MetricTransformations: [{ MetricName: string }];
    };
    const count = lines.filter(matches(FilterPattern)).length;
    const [{ MetricName }] = MetricTransformations;
    sums.set(MetricName, (sums.get(MetricName) ?? 0) + count);
  }
  return sums;
}

/**
 * `{ ($.a = "x*") && (($.b = "y") || ($.c IS TRUE)) }`; a star stands for anything. Source: CloudWatch Logs user guide,
 * "Filter pattern syntax for metric filters".
 */
export function matches(pattern: string): (line: Line) => boolean {
  const tokens = pattern.match(/\$(?:\.\w+)+|"(?:[^"\\]|\\.)*"|IS TRUE|&&|\|\||[=(){}]|\S+/g) ?? [];
  let at = 0;
  const take = (token: string) => {
    if (tokens[at] !== token) throw new Error(`"${pattern}" has ${tokens[at]} where ${token} should be`);
    at += 1;
  };

  function either(): (line: Line) => boolean {
    let left = both();
    while (tokens[at] === '||') {
      at += 1;
      const [former, right] = [left, both()];
      left = (line) => former(line) || right(line);
    }
    return left;
  }
  function both(): (line: Line) => boolean {
    let left = one();
    while (tokens[at] === '&&') {
      at += 1;
      const [former, right] = [left, one()];
      left = (line) => former(line) && right(line);
    }
    return left;
  }
  function one(): (line: Line) => boolean {
    if (tokens[at] === '(') {
      at += 1;
      const inner = either();
      take(')');
      return inner;
    }
    const path = tokens[at++]?.split('.').slice(1) ?? [];
    const value = (line: Line) => path.reduce<unknown>((found, key) => (found as Line | undefined)?.[key], line);
    if (tokens[at] === 'IS TRUE') {
      at += 1;
      return (line) => value(line) === true;
    }
    take('=');
    const parts = JSON.parse(tokens[at++] ?? '')
      .split('*')
      .map((part: string) => part.replaceAll(/[^\w ]/g, '\\$&'));
    const whole = new RegExp(`^${parts.join('.*')}$`);
    return (line) => typeof value(line) === 'string' && whole.test(value(line) as string);
  }

  take('{');
  const result = either();
  take('}');
  if (at !== tokens.length) throw new Error(`"${pattern}" goes on after its end`);
  return result;
}

/** Whether an alarm rings on the sums of one period, by name of the metric; what is not there is zero. */
export function rings({ Metrics, MetricName, Threshold }: AlarmProperties, sums: ReadonlyMap<string, number>): boolean {
  if (!Metrics) return (sums.get(MetricName ?? '') ?? 0) > Threshold;
  const value = (id: string): number => {
    const query = Metrics.find(({ Id }) => Id === id);
    if (query?.MetricStat) return sums.get(query.MetricStat.Metric.MetricName) ?? 0;
    const script = (query?.Expression ?? '')
      .replaceAll(/\b[a-z]\w*\b/g, (name) => String(value(name)))
      .replaceAll(/\bAND\b/g, '&&');
    const functions = { IF: (condition: boolean, yes: number, no: number) => (condition ? yes : no), FILL: Number };
    return Number(new Function(...Object.keys(functions), `return ${script}`)(...Object.values(functions)));
  };
  const returned = Metrics.find(({ ReturnData }) => ReturnData !== false);
  return value(returned?.Id ?? '') > Threshold;
}

/** Every metric an alarm or a dashboard's widget reads: namespace, name, names and values of its dimensions. */
export interface ReadMetric {
  namespace: string;
  name: string;
  dimensions: Record<string, unknown>;
}

export function readByAlarm({
  Metrics,
  Namespace = '',
  MetricName = '',
  Dimensions = [],
}: AlarmProperties): ReadMetric[] {
  const named = (list: readonly { Name: string; Value: unknown }[]) =>
    Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]));
  if (!Metrics) return [{ namespace: Namespace, name: MetricName, dimensions: named(Dimensions) }];
  return Metrics.flatMap(({ MetricStat }) => {
    if (!MetricStat) return [];
    const { Namespace: namespace, MetricName: name, Dimensions: list = [] } = MetricStat.Metric;
    return [{ namespace, name, dimensions: named(list as { Name: string; Value: unknown }[]) }];
  });
}

/** @param body of a dashboard, its references in place of names */
export function readByDashboard(body: string): ReadMetric[] {
  const { widgets } = JSON.parse(body) as { widgets: { properties: { metrics?: unknown[][] } }[] };
  return widgets.flatMap(({ properties }) =>
    (properties.metrics ?? []).flatMap((line) => {
      const parts = line.filter((part) => typeof part === 'string');
      const [namespace, name, ...rest] = parts;
      if (namespace === undefined || name === undefined) return [];
      const pairs = rest.flatMap((key, index) => (index % 2 === 0 ? [[key, rest[index + 1]]] : []));
      return [{ namespace, name, dimensions: Object.fromEntries(pairs) }];
    }),
  );
}
