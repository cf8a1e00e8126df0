/**
 * What somebody must look at, and who is told: deletions that failed for good, workers that throw or fall behind. What is
 * watched of the API is in `service-alarms.ts`. Every alarm has its entry in docs/operating.md, "Alarms", by its id.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IEventSourceMapping, IFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, type ILogGroup, type JsonPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { WatchedLines } from '../routes.ts';
import { acknowledge } from './acknowledged.ts';
import type { WorkQueue } from './work-queue.ts';

const period = Duration.minutes(5);

/** How late events may come before somebody looks. */
const lateMinutes = 15;

/** Without a completed run for this long, what only the schedule finds is piling up. */
const runWithinHours = 24;

const messagesIn = (queue: Queue): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });

/** Of the oldest record of a stream that was not told to its worker yet. */
const ageOf = (worker: IFunction): Metric => worker.metric('IteratorAge', { period, statistic: 'Maximum' });

export class Alarms extends Construct {
  /** Every alarm made so far. */
  readonly all: Alarm[] = [];
  private readonly topics: ITopic[] = [];

  /**
   * @param props.email is asked once to confirm
   * @param props.topicArn of a topic that is there already; without either, alarms only show in CloudWatch
   */
  constructor(scope: Construct, id: string, props: { email: string | undefined; topicArn?: string | undefined }) {
    super(scope, id);
    if (props.email) {
      const topic = new Topic(this, 'Topic', { enforceSSL: true });
      // A policy of one's own takes the place of the one that let the account's alarms publish.
      topic.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
          actions: ['sns:Publish'],
          resources: [topic.topicArn],
          conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
        }),
      );
      const subscription = topic.addSubscription(new EmailSubscription(props.email));
      acknowledge(subscription, 'Serverless::Serverless-SNSRedrivePolicy');
      this.topics.push(topic);
    }
    if (props.topicArn) this.topics.push(Topic.fromTopicArn(this, 'OwnTopic', props.topicArn));
  }

  /** Any message there is work that failed five times: bytes or counters may be left behind. */
  onDeadLetters(name: string, queue: Queue): void {
    const metric = messagesIn(queue);
    this.add(
      `${name}DeadLetters`,
      metric,
      0,
      `${name} messages failed five times. Read them, mend the cause, then redrive the queue.`,
    );
  }

  /** One for all webhooks, whose graph has a line for each: any message is an event that a receiver did not take. */
  onWebhooks(webhooks: readonly { queue: Queue; host: string }[]): void {
    const waiting = webhooks.map(({ queue, host }, index) => [
      `webhook${index}`,
      messagesIn(queue).with({ label: host }),
    ]);
    const expression = webhooks.map((_, index) => `FILL(webhook${index}, 0)`).join(' + ');
    const metric = new MathExpression({ expression, usingMetrics: Object.fromEntries(waiting), period });
    this.add('WebhooksDeadLetters', metric, 0, 'Events were refused twelve times by the webhook they are for.');
  }

  /** Lines of the worker that say a secret signs nothing. On between two tries, which are three hours apart in the end. */
  onUnsentWebhooks(logGroup: ILogGroup): void {
    const lines = FilterPattern.all(
      FilterPattern.stringValue('$.message', '=', 'webhook not taken'),
      FilterPattern.stringValue('$.level', '=', 'ERROR'),
    );
    const metric = this.count('WebhooksUnsent', logGroup, lines).with({ period: Duration.hours(1) });
    this.add('WebhooksUnsent', metric, 0, 'A webhook gets nothing: the secret that signs for it cannot be read.', {
      evaluationPeriods: 4,
      datapointsToAlarm: 1,
    });
  }

  /** A message older than any that is being worked on or tried again: nobody takes from the queue, or too slowly. */
  onQueueAge(name: string, queue: WorkQueue): void {
    const hours = Math.ceil(queue.longestSeconds / 3600);
    this.add(
      `${name}Behind`,
      queue.metricAge.with({ period }),
      hours * 3600,
      `The oldest message of ${name} is older than ${hours} h: its worker does not run, or cannot keep up.`,
    );
  }

  /** Records of the table's stream wait to be told to the function; the stream forgets them after 24 hours. */
  onStreamAge(name: string, worker: IFunction): void {
    const age = ageOf(worker);
    this.add(`${name}Behind`, age, 3_600_000, `${name} is more than an hour behind the table's stream.`);
  }

  /**
   * Nobody reads the table's stream for the function: its mapping is off, may not, or names a stream that is no more. An idle
   * one tells that it found nothing; only one that does not look tells nothing, and `IteratorAge` is silent then, too. On from
   * the first deployment until the first look. Source: Lambda developer guide, "Event source mapping metrics".
   */
  onStreamUnread(name: string, { eventSourceMappingId }: IEventSourceMapping): void {
    const metric = new Metric({
      namespace: 'AWS/Lambda',
      metricName: 'PolledEventCount',
      dimensionsMap: { EventSourceMappingUUID: eventSourceMappingId },
      statistic: 'SampleCount',
      period,
    });
    this.add(`${name}Unread`, metric, 1, `Nobody has read the table's stream for ${name} for ${lateMinutes} minutes.`, {
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: lateMinutes / period.toMinutes(),
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  /** Any note there is a file whose alarm went unheard; nothing is lost as long as reconcile runs, and nothing can be redriven. */
  onStreamFailures(name: string, queue: Queue): void {
    const metric = messagesIn(queue);
    const text = `${name}: records of the table's stream failed every try. Mend the cause; reconcile finds their files. Then purge the queue: its notes cannot be redriven.`;
    this.add(`${name}Failures`, metric, 0, text);
  }

  /** Any note there is events that nobody was told of: the stream no longer has them. */
  onEventFailures(name: string, queue: Queue): void {
    const metric = messagesIn(queue);
    const text = `${name}: changes of files could not be told for 20 hours, and are lost to listeners. Mend the cause, let listeners read their files anew, then purge the queue.`;
    this.add(`${name}Failures`, metric, 0, text);
  }

  /** The stream's reader tries one change until it is told, and everything behind it in its shard waits. */
  onLateChanges(name: string, worker: IFunction): void {
    const metric = ageOf(worker);
    const text = `${name}: what became of files is told ${lateMinutes} minutes late. Its log says what does not take it; after 20 hours it is lost.`;
    this.add(`${name}Late`, metric, lateMinutes * 60_000, text);
  }

  /** A worker that throws has met something it has no answer for; what it could handle it reports as item failures. */
  onWorkerErrors(name: string, worker: IFunction): void {
    this.add(`${name}Errors`, worker.metricErrors({ period }), 0, `The worker ${name} threw or timed out.`);
  }

  /**
   * What a scheduled worker says in its log: that somebody must decide, or, by its silence, that it never gets through. The first
   * stays on between two hourly runs. The second is on from the deployment until the first run has ended.
   */
  onWatchedLines(name: string, logGroup: ILogGroup, { report, stopped }: WatchedLines): void {
    const message = (text: string) => FilterPattern.stringValue('$.message', '=', text);
    const hour = Duration.hours(1);
    const stops = this.count(`${name}Stopped`, logGroup, message(stopped)).with({ period: hour });
    this.add(`${name}Stopped`, stops, 0, `${name} left undone what looks wrong. Its log says what, and how to go on.`, {
      evaluationPeriods: 2,
      datapointsToAlarm: 1,
    });
    const completed = FilterPattern.all(message(report), FilterPattern.booleanValue('$.report.complete', true));
    const runs = this.count(`${name}Completed`, logGroup, completed).with({ period: hour });
    this.add(`${name}NotCompleted`, runs, 1, `${name} has not got through for ${runWithinHours} hours.`, {
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: runWithinHours,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  private count(id: string, logGroup: ILogGroup, filterPattern: JsonPattern): Metric {
    const filter = new MetricFilter(this, `${id}Lines`, {
      logGroup,
      filterPattern,
      metricNamespace: Stack.of(this).stackName,
      metricName: id,
    });
    return filter.metric({ statistic: 'Sum' });
  }

  /** Rings above the threshold, unless told otherwise; without data it does not. The description leads to the runbook. */
  add(id: string, metric: IMetric, threshold: number, text: string, given: Partial<AlarmProps> = {}): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription: `${text} Runbook: docs/operating.md, "Alarms", ${id}.`,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...given,
    });
    for (const topic of this.topics) alarm.addAlarmAction(new SnsAction(topic));
    this.all.push(alarm);
  }
}
