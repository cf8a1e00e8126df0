/** Alarms, logs and who is told. Sources: CloudWatch API reference, PutMetricAlarm; CloudWatch Logs, PutRetentionPolicy; SNS, Subscribe. */
import * as z from 'zod';
import { expressionFault } from './metric-math.ts';

const statistics = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'];
const operators = [
  'GreaterThanOrEqualToThreshold',
  'GreaterThanThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
  'LessThanLowerOrGreaterThanUpperThreshold',
  'LessThanLowerThreshold',
  'GreaterThanUpperThreshold',
];

const period = z.coerce
  .number()
  .int()
  .refine((seconds) => [10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0), {
    message: 'must be 10, 20, 30 or a multiple of 60 seconds',
  });

const query = z.looseObject({
  Id: z.string().regex(/^[a-z][a-zA-Z0-9_]{0,254}$/, 'must begin with a small letter'),
  ReturnData: z.union([z.boolean(), z.string()]).default(true),
  MetricStat: z.looseObject({ Period: period, Stat: z.string() }).optional(),
  Period: period.optional(),
  Expression: z.string().min(1).max(2048).optional(),
});

/** An alarm may look back a day, or a week when its period is an hour or more. */
const [day, week] = [86_400, 604_800];
const tooFar = (seconds: number, periods: number) => seconds * periods > (seconds >= 3600 ? week : day);

export const alarm = z
  .looseObject({
    AlarmDescription: z.string().max(1024).optional(),
    ComparisonOperator: z.enum(operators),
    EvaluationPeriods: z.coerce.number().int().min(1),
    DatapointsToAlarm: z.coerce.number().int().min(1).optional(),
    TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']).optional(),
    MetricName: z.string().optional(),
    Metrics: z.array(query).max(10).optional(),
    Period: period.optional(),
    Statistic: z.enum(statistics).optional(),
    ExtendedStatistic: z
      .string()
      .regex(/^(p|tm|wm|tc|ts|pr|iqm)[\d.()%:]*$/i, 'is no statistic')
      .optional(),
    AlarmActions: z.array(z.string()).max(5).optional(),
  })
  .superRefine((one, context) => {
    const refuse = (message: string) => context.addIssue({ code: 'custom', message });
    const { MetricName, Metrics, Period, Statistic, ExtendedStatistic, EvaluationPeriods, DatapointsToAlarm } = one;
    if ((MetricName === undefined) === (Metrics === undefined))
      return refuse('must have MetricName or Metrics, not both');
    if (Metrics) {
      const returned = Metrics.filter(({ ReturnData }) => String(ReturnData) === 'true').length;
      if (returned !== 1) refuse(`returns data of ${returned} metrics instead of one`);
      const periods = new Set(Metrics.flatMap(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? []));
      if (periods.size > 1) refuse(`has metrics of the periods ${[...periods].join(' and ')}`);
      if ([...periods].some((seconds) => tooFar(seconds, EvaluationPeriods))) refuse('looks back too far');
      const ids = Metrics.map(({ Id }) => Id);
      for (const { Expression } of Metrics) {
        const fault = Expression === undefined ? undefined : expressionFault(Expression, ids);
        if (fault) refuse(`has an expression that ${fault}`);
      }
      if (Period !== undefined || Statistic !== undefined) refuse('has Period or Statistic beside Metrics');
      return;
    }
    if (Period === undefined) refuse('has a metric without a period');
    if ((Statistic === undefined) === (ExtendedStatistic === undefined)) refuse('must have one statistic');
    if (tooFar(Period ?? 0, EvaluationPeriods)) refuse(`looks back ${(Period ?? 0) * EvaluationPeriods} seconds`);
    if (DatapointsToAlarm !== undefined && DatapointsToAlarm > EvaluationPeriods) {
      refuse(`wants ${DatapointsToAlarm} datapoints of ${EvaluationPeriods}`);
    }
  });

/** Days. */
const retention = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export const logGroup = z.looseObject({
  LogGroupName: z
    .string()
    .regex(/^[.\-_/#A-Za-z0-9]{1,512}$/, 'is no name of a log group')
    .refine((name) => !name.startsWith('aws/'), 'may not begin with aws/')
    .optional(),
  RetentionInDays: z.coerce
    .number()
    .refine((days) => retention.includes(days), `must be one of ${retention.join(', ')}`)
    .optional(),
});

export const subscription = z.looseObject({
  Protocol: z.enum(['http', 'https', 'email', 'email-json', 'sms', 'sqs', 'application', 'lambda', 'firehose']),
});
