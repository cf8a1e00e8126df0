import { expect, it } from 'vitest';
import type { CfnTemplate } from '#local/template/intrinsics.ts';
import { endTestCloud, startTestCloud } from './app.ts';

/** Makes the hourly function fail after it has noted its run, and says how often Lambda repeats it. */
const failing = (properties: Record<string, unknown> | undefined) => (template: CfnTemplate) => {
  const [hourly, resource] = Object.entries(template.Resources).find(([id]) => /^Hourly[0-9A-F]{8}$/.test(id)) ?? [];
  const { Environment } = (resource?.Properties ?? {}) as { Environment?: { Variables: object } };
  Object.assign(Environment?.Variables ?? {}, { FAIL: '1' });
  if (properties === undefined) return;
  template.Resources.Invoke = {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: { FunctionName: { Ref: hourly }, Qualifier: '$LATEST', ...properties },
  };
};

it.each([
  ['twice more by itself', undefined, 3],
  ['as often as its settings say', { MaximumRetryAttempts: 1 }, 2],
  ['not at all when they say so', { MaximumRetryAttempts: 0 }, 1],
])('Lambda repeats a scheduled run that failed %s', async (_, properties, runs) => {
  const cloud = await startTestCloud({ shape: { change: failing(properties) } });
  try {
    const { failed } = await cloud.drain();
    expect(Object.values(failed)).toEqual([1]);
    expect(cloud.recorded().filter((line) => 'scheduled' in line)).toHaveLength(runs);
  } finally {
    await endTestCloud(cloud);
  }
});

it('a setting of asynchronous invocations that is not served here stops the boot', async () => {
  const change = failing({ DestinationConfig: { OnFailure: { Destination: 'arn' } } });
  await expect(startTestCloud({ shape: { change } })).rejects.toThrow(/destinations/);
});
