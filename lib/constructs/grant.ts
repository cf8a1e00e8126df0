/** What a construct hands to a function that may use it: the names it reads and the actions it may take, no more. */
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { EnvName } from '../../functions/runtime/env-names.ts';

export interface Grant {
  environment: Partial<Record<EnvName, string>>;
  statements: PolicyStatement[];
}

/** An allow statement; called with `*` only for an action that takes no other resource, which a test of the whole template checks. */
export function allow(actions: string[], resources: string[]): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions, resources });
}

/** What Lambda's poller does with a queue in the name of the function that its messages go to. */
export function consume(queueArn: string): PolicyStatement {
  return allow(
    ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'],
    [queueArn],
  );
}
