/** Workers that the clock wakes. */
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventInvokeConfig, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledged.ts';

/**
 * A run that fails is not repeated, since the next one finds the same work: neither by EventBridge, whose retries are for
 * events it could not hand over, nor by Lambda, which otherwise runs a failed asynchronous invocation twice more.
 * Source: Lambda developer guide, "Error handling for asynchronous invocations".
 * @param expression EventBridge's, `rate(1 hour)` or `cron(...)`
 */
export function runOnSchedule(scope: Construct, worker: IFunction, expression: string): void {
  const rule = new Rule(scope, `${worker.node.scope?.node.id ?? 'Worker'}Schedule`, {
    schedule: Schedule.expression(expression),
    targets: [new LambdaFunction(worker, { retryAttempts: 0 })],
  });
  acknowledge(rule, 'Serverless::Serverless-EventBusDLQ');
  const invoke = new EventInvokeConfig(worker, 'Invoke', { function: worker, retryAttempts: 0 });
  acknowledge(invoke, 'Serverless::Serverless-LambdaAsyncFailureDestination');
}
