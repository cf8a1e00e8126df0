/** Workers that the clock wakes. */
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';

/** @param expression EventBridge's, `rate(1 hour)` or `cron(...)`. A run that fails is not repeated: the next one finds the same work. */
export function runOnSchedule(scope: Construct, worker: IFunction, expression: string): void {
  new Rule(scope, `${worker.node.scope?.node.id ?? 'Worker'}Schedule`, {
    schedule: Schedule.expression(expression),
    targets: [new LambdaFunction(worker, { retryAttempts: 0 })],
  });
}
