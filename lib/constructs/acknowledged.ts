/**
 * Findings of cdk-nag (AwsSolutions, Serverless) that are meant, each with its reason; `test/lib/nag.test.ts` runs both packs and
 * knows no other. An acknowledgement stands on the construct it is about, so a new one of the kind is found all the same.
 */
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export const reasons = {
  'AwsSolutions::AwsSolutions-APIG4':
    'The function proves its caller itself: six kinds of callers, refusals with a code, and keys that no authorizer of the gateway reads. test/e2e/who-may-call.test.ts asks every route as everybody.',
  'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]':
    'The policy AWS keeps for what CodeDeploy does to functions; it names aliases by no ARN that a stack knows before.',
  'AwsSolutions::AwsSolutions-IAM5[Resource::*]': 'dynamodb:ListStreams and the X-Ray actions take no resource.',
  'AwsSolutions::AwsSolutions-SQS3': 'Holds notes that Lambda wrote of a stream: what fails here has failed before.',
  'Serverless::Serverless-LambdaAsyncFailureDestination':
    'The next hourly run finds the same work, and an alarm rings when none gets through for a day.',
  'Serverless::Serverless-LambdaDLQ':
    'Nobody invokes it asynchronously: the gateway waits for the answer, queues and the stream have dead letters of their own.',
  'Serverless::Serverless-LambdaEventSourceMappingDestination':
    'What fails in a queue goes to the dead letters of that queue; a mapping of SQS takes no destination.',
  'Serverless::Serverless-LambdaStarPermissions': 'dynamodb:ListStreams and the X-Ray actions take no resource.',
  'Serverless::Serverless-LambdaTracing': 'Each trace costs: the deploy setting `tracing` turns them on.',
  'Serverless::Serverless-EventBusDLQ':
    'A run that could not be started is not missed: the next one finds the same work.',
  'Serverless::Serverless-SNSRedrivePolicy': 'An e-mail that does not arrive is an alarm that CloudWatch still shows.',
  'Serverless::Serverless-SQSRedrivePolicy': 'It is the queue of dead letters.',
} as const;

export type Finding = keyof typeof reasons;

/** Says that these findings on a construct, and on what is in it, are meant. */
export function acknowledge(construct: IConstruct, ...findings: Finding[]): void {
  Validations.of(construct).acknowledge(...findings.map((id) => ({ id, reason: reasons[id] })));
}
