/**
 * Where a scanner of the platform takes its work from. Its messages name files and hold no link. What a scanner fails at five
 * times waits with the dead letters; the file stays in quarantine until its time-out, whatever becomes of its message.
 */
import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { envNames } from '../../functions/runtime/env-names.ts';
import type { StowageConfig } from '../config.ts';
import type { Alarms } from './alarms.ts';
import type { DeadLetterQueue } from './dead-letters.ts';
import type { Grant } from './grant.ts';
import { WorkQueue } from './work-queue.ts';

/** Time for a scanner to fetch and judge one file; a sixth of what the queue hides a message. */
const scannerSeconds = 150;

/** The grants of `scan.policy` and `scan.send`: nothing, and no queue, where scanning is off. */
export function scanGrants(
  scope: Construct,
  { scan }: StowageConfig,
  alarms: Alarms,
): { policy: () => Grant | undefined; send: () => Grant | undefined; deadLetters: DeadLetterQueue[] } {
  if (scan.mode === 'off') return { policy: () => undefined, send: () => undefined, deadLetters: [] };
  const queue = new WorkQueue(scope, 'Scan', { workerTimeoutSeconds: scannerSeconds, urlName: envNames.scanQueueUrl });
  alarms.onDeadLetters('Scan', queue.deadLetters);
  alarms.onQueueAge('Scan', queue);
  new CfnOutput(scope, 'ScanQueueUrl', { value: queue.url, description: 'Where a scanner takes its work from' });
  const environment = {
    [envNames.scanTimeoutMinutes]: String(scan.timeoutMinutes),
    [envNames.scanOnTimeout]: scan.onTimeout,
  };
  return {
    deadLetters: [queue.deadLettersOf('scan')],
    policy: () => ({ environment, statements: [] }),
    send: () => {
      const grant = queue.grantSend();
      return { ...grant, environment: { ...grant.environment, ...environment } };
    },
  };
}
