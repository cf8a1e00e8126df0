/**
 * Where what became of files is told: a bus of EventBridge, and the queues of webhooks. A webhook has a queue that the
 * worker fills itself, and no rule of the bus: rules promise no order, and a queue for each receiver lets one that is away
 * hold up nobody but itself.
 */
import { createHash } from 'node:crypto';
import { ArnFormat, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { envNames } from '../../functions/runtime/env-names.ts';
import type { StowageConfig } from '../config.ts';
import type { Alarms } from './alarms.ts';
import type { DeadLetterQueue } from './dead-letters.ts';
import { allow, type Grant } from './grant.ts';
import { StreamFailures } from './stream-failures.ts';
import { WebhookQueue } from './webhook-queue.ts';

type Settings = NonNullable<StowageConfig['events']>;

export interface EventsProps {
  stage: string;
  settings: Settings;
  /** The bus stays when the stack or the setting goes. */
  protectData: boolean;
  /** Of the function that delivers webhooks. */
  webhookTimeoutSeconds: number;
  /** Webhooks may be on this machine: of the one-machine cloud only. */
  loopback: boolean;
}

export class Events extends Construct {
  /** Notes of records of the stream that could not be told in time. */
  readonly failures: StreamFailures;
  private readonly bus: IEventBus;
  private readonly webhooks: (Settings['webhooks'][number] & { name: string; queue: WebhookQueue })[];

  private readonly props: EventsProps;

  constructor(scope: Construct, id: string, props: EventsProps) {
    super(scope, id);
    this.props = props;
    const { stage, settings, webhookTimeoutSeconds, protectData } = props;
    this.bus = settings.busName
      ? EventBus.fromEventBusName(this, 'Bus', settings.busName)
      : this.ownBus(`stowage-${stage}`, protectData);
    this.failures = new StreamFailures(this, 'Failures');
    this.webhooks = settings.webhooks.map((webhook) => {
      // By its address: a webhook that is taken out of the settings must not hand its messages to the next.
      const name = `Webhook${createHash('sha256').update(webhook.url).digest('hex').slice(0, 8)}`;
      const queue = new WebhookQueue(this, name, { workerTimeoutSeconds: webhookTimeoutSeconds });
      return { ...webhook, name, queue };
    });
    new CfnOutput(Stack.of(this), 'EventBusName', {
      value: this.bus.eventBusName,
      description: 'Where rules hear what became of files',
    });
  }

  /** Kept where data is: while rules of listeners hang on a bus it cannot be deleted, and without it they hear nothing. */
  private ownBus(eventBusName: string, protectData: boolean): EventBus {
    const bus = new EventBus(this, 'Bus', { eventBusName });
    if (protectData) bus.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return bus;
  }

  /** For `events.send`: the bus, and the queues of the webhooks. */
  grantSend(): Grant {
    const queues = this.webhooks.map(({ queue, events }) => ({ queueUrl: queue.url, ...(events && { events }) }));
    const arns = this.webhooks.map(({ queue }) => queue.arn);
    return {
      environment: {
        [envNames.eventBusName]: this.bus.eventBusName,
        [envNames.eventSource]: `stowage.${this.props.stage}`,
        [envNames.webhookQueues]: Stack.of(this).toJsonString(queues),
      },
      statements: [
        allow(['events:PutEvents'], [this.bus.eventBusArn]),
        ...(arns.length > 0 ? [allow(['sqs:SendMessage'], arns)] : []),
      ],
    };
  }

  /** For `webhooks.deliver`: where they go, and the secrets they are signed with. */
  grantDeliver(): Grant {
    const webhooks = this.webhooks.map(({ queue, url, secretName }) => ({
      queueArn: queue.arn,
      queueUrl: queue.url,
      url,
      secretName,
    }));
    const secrets = this.webhooks.map(({ secretName }) =>
      Stack.of(this).formatArn({
        service: 'secretsmanager',
        resource: 'secret',
        resourceName: `${secretName}-??????`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    const keys = this.webhooks.flatMap(({ secretKeyArn }) => secretKeyArn ?? []);
    return {
      environment: {
        [envNames.webhooks]: Stack.of(this).toJsonString(webhooks),
        ...(this.props.loopback && { [envNames.webhookLoopback]: '1' }),
      },
      statements: [
        allow(['secretsmanager:GetSecretValue'], [...new Set(secrets)]),
        ...(keys.length > 0 ? [allow(['kms:Decrypt'], [...new Set(keys)])] : []),
      ],
    };
  }

  /** Makes the function that delivers, and gives it every queue. */
  feed<F extends IFunction>(worker: (grants: Grant[]) => F): F {
    const lambda = worker(this.webhooks.map(({ queue }) => queue.grantConsume()));
    for (const { queue } of this.webhooks) queue.feed(lambda);
    return lambda;
  }

  /** What listeners were not told, and what webhooks did not take. */
  deadLetters(): DeadLetterQueue[] {
    return [
      { name: 'events', queue: this.failures },
      ...this.webhooks.map(({ name, queue, url }) => ({
        name: name.replace('Webhook', 'webhook-'),
        host: new URL(url).host,
        queue: queue.deadLetters,
        sourceArn: queue.arn,
      })),
    ];
  }

  alarm(alarms: Alarms): void {
    alarms.onEventFailures('Events', this.failures);
    if (this.webhooks.length > 0) {
      alarms.onWebhooks(this.webhooks.map(({ queue, url }) => ({ queue: queue.deadLetters, host: new URL(url).host })));
    }
  }
}
