import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { config, withStack } from './stack-fixture.ts';
import { whole } from './whole.ts';

interface Functions {
  Properties: { Description: string; Environment: { Variables: Record<string, unknown> } };
}

const scan = { mode: 'quarantine', timeoutMinutes: 30, onTimeout: 'release' } as const;
const off = Template.fromJSON(await withStack({}, whole));
const on = Template.fromJSON(await withStack({ config: { ...config, scan } }, whole));

const namesWith = (stack: Template, variable: string) =>
  Object.values(stack.findResources('AWS::Lambda::Function') as Record<string, Functions>)
    .filter(({ Properties }) => Properties.Environment?.Variables[variable] !== undefined)
    .map(({ Properties }) => Properties.Description)
    .sort();

describe('scanning', () => {
  test('that is off costs nothing: no queue, no alarm, no function that knows of it', () => {
    expect(Object.keys(off.findResources('AWS::SQS::Queue')).filter((id) => id.startsWith('Scan'))).toEqual([]);
    for (const name of ['SCAN_QUEUE_URL', 'SCAN_TIMEOUT_MINUTES', 'SCAN_ON_TIMEOUT']) {
      expect(namesWith(off, name)).toEqual([]);
    }
    expect(Object.keys(off.findOutputs('*'))).not.toContain('ScanQueueUrl');
  });

  test('that is on has a queue with dead letters that ring, and tells where it is', () => {
    expect(Object.keys(on.findResources('AWS::SQS::Queue')).filter((id) => id.startsWith('Scan'))).toHaveLength(2);
    expect(Object.keys(on.findResources('AWS::CloudWatch::Alarm')).some((id) => /Scan/.test(id))).toBe(true);
    expect(Object.keys(on.findOutputs('*'))).toContain('ScanQueueUrl');
  });

  test('is known to those who store, and its queue to no more of them than send', () => {
    const storing = namesWith(on, 'SCAN_TIMEOUT_MINUTES');
    const sending = namesWith(on, 'SCAN_QUEUE_URL');
    expect(storing).toContain('Begin the direct upload of a file of any size');
    expect(storing.filter((each) => !sending.includes(each))).toEqual([
      'Begin the direct upload of a file of any size',
    ]);
    expect(sending).toHaveLength(6);
  });
});
