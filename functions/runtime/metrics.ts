import { codeMetrics, groupMetrics, type ServiceMetric, serviceMetrics } from '#functions/metric-names.ts';
import { emf } from './container.ts';
import type { Invocation } from './invocation.ts';
import { describeError, log } from './log.ts';

/**
 * Writes what an invocation measured as one line in CloudWatch's embedded metric format; nothing where the environment names
 * no service. Never throws: a metric that cannot be written is no reason to fail a request.
 */
export function writeMetrics(
  { ids, sums, refusal }: Invocation,
  { group, latencyMs }: { group: string; latencyMs: number },
): void {
  try {
    const line = emf()?.(
      [
        { dimensions: { group }, values: [{ name: 'Latency', unit: groupMetrics.Latency, value: round(latencyMs) }] },
        {
          dimensions: {},
          values: [...sums].map(([name, value]) => ({
            name,
            unit: serviceMetrics[name as ServiceMetric],
            value: round(value),
          })),
        },
        ...(refusal === undefined
          ? []
          : [{ dimensions: { code: refusal }, values: [{ name: 'Refusals', unit: codeMetrics.Refusals, value: 1 }] }]),
      ],
      ids,
    );
    if (line !== undefined) process.stdout.write(`${line}\n`);
  } catch (error) {
    log('WARN', 'metrics could not be written', { error: describeError(error) });
  }
}

const round = (value: number) => Math.round(value * 100) / 100;
