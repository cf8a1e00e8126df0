/** The log files of a one-machine cloud, as CloudWatch Logs would hold them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type Line = Record<string, unknown>;

/** A line in CloudWatch's embedded metric format. */
export interface EmfLine extends Line {
  _aws: {
    Timestamp: number;
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
  };
}

/** Every JSON line of the functions and of the gateway, in files of the given name. */
export function logLines(dir: string, file: RegExp = /\.log$/): Line[] {
  const logs = join(dir, 'logs');
  return readdirSync(logs)
    .filter((name) => file.test(name))
    .flatMap((name) => readFileSync(join(logs, name), 'utf8').split('\n'))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}

export const accessLines = (dir: string): Line[] => logLines(dir, /-access\.log$/);

export const functionLines = (dir: string): Line[] => logLines(dir, /(?<!-access)\.log$/);

export const emfLines = (dir: string): EmfLine[] =>
  functionLines(dir).filter((line): line is EmfLine => '_aws' in line);

/** Every metric of some lines as CloudWatch tells metrics apart, each once: namespace, name, and its dimensions' names. */
export function metricsOf(lines: readonly EmfLine[]): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const line of lines) {
    for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
      for (const names of Dimensions) {
        for (const { Name } of Metrics) {
          const key = metricKey(Namespace, Name, Object.fromEntries(names.map((name) => [name, String(line[name])])));
          values.set(key, [...(values.get(key) ?? []), Number(line[Name])]);
        }
      }
    }
  }
  return values;
}

/** A metric as one word: whoever writes and whoever reads it must agree to the letter. */
export function metricKey(namespace: string, name: string, dimensions: Record<string, string>): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return [namespace, name, ...sorted.map(([key, value]) => `${key}=${value}`)].join(' ');
}
