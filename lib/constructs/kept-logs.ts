/** Where functions and the gateway log: forgotten after the days of the settings, and kept when the stack goes, if data is. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * A log group that outlives its stack where `protectData` asks for it. What a failed first deployment made goes with the
 * rollback all the same: it holds nothing, and would be left over with each try.
 */
export function keptLogs(
  scope: Construct,
  id: string,
  { logRetentionDays, protectData }: { logRetentionDays: number; protectData: boolean },
): LogGroup {
  return new LogGroup(scope, id, {
    retention: logRetentionDays,
    removalPolicy: protectData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
  });
}
