/**
 * Every queue of what failed for good, for the administrator who looks at them and has them redriven. SQS moves messages in
 * the caller's name, so the function that asks for it may do what the move does. Source: SQS API reference,
 * StartMessageMoveTask; SQS developer guide, "Learn how to configure a dead-letter queue redrive".
 */
import { Stack } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { envNames } from '../../functions/runtime/env-names.ts';
import { allow, type Grant } from './grant.ts';

export interface DeadLetterQueue {
  /** As administrators name it. */
  name: string;
  /** Where its messages were to be posted, of a webhook. */
  host?: string;
  queue: Queue;
  /** Where its messages come from; notes of a stream come from no queue, and go back to none. */
  sourceArn?: string;
}

/** The grants of `deadLetters.read` and `deadLetters.redrive`. */
export function deadLetterGrants(scope: Construct, queues: readonly DeadLetterQueue[]) {
  const addresses = queues.map(({ name, host, queue, sourceArn }) => ({
    name,
    host,
    redrivable: sourceArn !== undefined,
    queueUrl: queue.queueUrl,
  }));
  const arns = queues.map(({ queue }) => queue.queueArn);
  const redrivable = queues.filter(({ sourceArn }) => sourceArn !== undefined);
  const redrivableArns = redrivable.map(({ queue }) => queue.queueArn);
  const environment = { [envNames.deadLetters]: Stack.of(scope).toJsonString(addresses) };
  const move = [
    'sqs:ListMessageMoveTasks',
    'sqs:StartMessageMoveTask',
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
  ];
  return {
    read: (): Grant => ({
      environment,
      statements: [
        allow(['sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], arns),
        allow(['sqs:ListMessageMoveTasks'], redrivableArns),
      ],
    }),
    redrive: (): Grant => ({
      environment,
      statements: [
        allow(move, redrivableArns),
        allow(
          ['sqs:SendMessage'],
          redrivable.flatMap(({ sourceArn }) => sourceArn ?? []),
        ),
      ],
    }),
  };
}
