/** What somebody must look at: deletions that failed for good, an API that fails, workers that throw. */
import { Duration, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, type ILogGroup, type JsonPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { WatchedLines } from '../routes.ts';

const period = Duration.minutes(5);

/** Percent of requests answered 5xx that is worth waking somebody, and the traffic below which a percentage says nothing. */
const failingPercent = 5;
const leastRequests = 20;

/** How late events may come before somebody looks. */
const lateMinutes = 15;

/** Without a completed run for this long, what only the schedule finds is piling up. */
const runWithinHours = 24;

export class Alarms extends Construct {
  private readonly topic: Topic | undefined;

  /** @param props.email is asked once to confirm; without it alarms only show in CloudWatch */
  constructor(scope: Construct, id: string, props: { email: string | undefined }) {
    super(scope, id);
    if (props.email) {
      this.topic = new Topic(this, 'Topic');
      this.topic.addSubscription(new EmailSubscription(props.email));
    }
  }

  /** Any message there is work that failed five times: bytes or counters may be left behind. */
  onDeadLetters(name: string, queue: Queue, what = 'failed five times'): void {
    const metric = queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });
    this.add(
      `${name}DeadLetters`,
      metric,
      0,
      `${name} messages ${what}. Read them, mend the cause, then redrive the queue.`,
    );
  }

  /** Any note there is a file whose alarm went unheard; nothing is lost as long as reconcile runs, and nothing can be redriven. */
  onStreamFailures(name: string, queue: Queue): void {
    const metric = queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });
    const text = `${name}: records of the table's stream failed every try. Mend the cause; reconcile finds their files. Then purge the queue: its notes cannot be redriven.`;
    this.add(`${name}Failures`, metric, 0, text);
  }

  /** Any note there is events that nobody was told of: the stream no longer has them. */
  onEventFailures(name: string, queue: Queue): void {
    const metric = queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });
    const text = `${name}: changes of files could not be told for 20 hours, and are lost to listeners. Mend the cause, let listeners read their files anew, then purge the queue.`;
    this.add(`${name}Failures`, metric, 0, text);
  }

  /** The stream's reader tries one change until it is told, and everything behind it in its shard waits. */
  onLateChanges(name: string, worker: IFunction): void {
    const metric = worker.metric('IteratorAge', { period, statistic: 'Maximum' });
    const text = `${name}: what became of files is told ${lateMinutes} minutes late. Its log says what does not take it; after 20 hours it is lost.`;
    this.add(`${name}Late`, metric, lateMinutes * 60_000, text);
  }

  /** The share of 5xx answers, over enough requests to mean something. */
  onServerErrors(api: HttpApi): void {
    const metric = new MathExpression({
      expression: `IF(requests >= ${leastRequests}, 100 * errors / requests, 0)`,
      usingMetrics: {
        errors: api.metricServerError({ period, statistic: 'Sum' }),
        requests: api.metricCount({ period, statistic: 'Sum' }),
      },
      label: '5xx percent',
      period,
    });
    this.add('ServerErrors', metric, failingPercent, `More than ${failingPercent} % of requests failed with 5xx.`);
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

  private add(
    id: string,
    metric: IMetric,
    threshold: number,
    alarmDescription: string,
    given: Partial<AlarmProps> = {},
  ): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...given,
    });
    if (this.topic) alarm.addAlarmAction(new SnsAction(this.topic));
  }
}
