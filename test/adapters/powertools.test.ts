import { describe, expect, it } from 'vitest';
import { createEmf } from '#adapters/powertools/emf.ts';

const emf = createEmf({ namespace: 'Tests', service: 'stack', warn: (message) => expect.unreachable(message) });
const count = (name: string, value = 1) => ({ name, unit: 'Count', value }) as const;

describe('a line of metrics', () => {
  it('holds sets of other dimensions side by side, each metric under its own alone', () => {
    const line = emf(
      [
        { dimensions: { group: 'reads' }, values: [{ name: 'Latency', unit: 'Milliseconds', value: 12.5 }] },
        { dimensions: {}, values: [count('Uploads', 2)] },
        { dimensions: { code: 'not_found' }, values: [count('Refusals')] },
      ],
      { requestId: 'request-1' },
    );
    const { _aws, ...members } = JSON.parse(line ?? '');
    expect(members).toEqual({
      service: 'stack',
      group: 'reads',
      code: 'not_found',
      requestId: 'request-1',
      Latency: 12.5,
      Uploads: 2,
      Refusals: 1,
    });
    const told = _aws.CloudWatchMetrics.map((one: { Dimensions: string[][]; Metrics: { Name: string }[] }) => [
      one.Dimensions,
      one.Metrics.map(({ Name }) => Name),
    ]);
    expect(told).toEqual([
      [[['service', 'group']], ['Latency']],
      [[['service']], ['Uploads']],
      [[['service', 'code']], ['Refusals']],
    ]);
    expect(_aws.CloudWatchMetrics.map(({ Namespace }: { Namespace: string }) => Namespace)).toEqual(
      Array(3).fill('Tests'),
    );
  });

  it('keeps nothing for the next, also when a value was refused', () => {
    const wrong = { dimensions: { group: 'left over' }, values: [count('Early'), { ...count('Bad'), unit: 'Apples' }] };
    expect(() => emf([wrong as never], {})).toThrow(/unit/);
    expect(JSON.parse(emf([{ dimensions: {}, values: [count('Next')] }], {}) ?? '')).toEqual({
      _aws: expect.anything(),
      service: 'stack',
      Next: 1,
    });
  });

  it('is none where nothing was measured', () => {
    expect(emf([{ dimensions: { group: 'reads' }, values: [] }], {})).toBeUndefined();
  });
});
