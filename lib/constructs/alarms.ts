/** What somebody must look at: deletions that failed for good, an API that fails, workers that throw. */
import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, ComparisonOperator, type IMetric, MathExpression, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

const period = Duration.minutes(5);

/** Percent of requests answered 5xx that is worth waking somebody, and the traffic below which a percentage says nothing. */
const failingPercent = 5;
const leastRequests = 20;

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
  onDeadLetters(name: string, queue: Queue): void {
    const metric = queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });
    this.add(
      `${name}DeadLetters`,
      metric,
      0,
      `${name} messages failed five times. Read them, mend the cause, then redrive the queue.`,
    );
  }

  /** Any note there is a file whose alarm went unheard; nothing is lost as long as reconcile runs, and nothing can be redriven. */
  onStreamFailures(name: string, queue: Queue): void {
    const metric = queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });
    const text = `${name}: records of the table's stream failed every try. Mend the cause; reconcile finds their files. Then purge the queue: its notes cannot be redriven.`;
    this.add(`${name}Failures`, metric, 0, text);
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

  private add(id: string, metric: IMetric, threshold: number, alarmDescription: string): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold,
      alarmDescription,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    if (this.topic) alarm.addAlarmAction(new SnsAction(this.topic));
  }
}
