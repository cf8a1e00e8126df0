/**
 * The one account and region of the one-machine cloud. Account and region are the ones local tools agree on, so a
 * URL or ARN that leaks into a log is recognised at once as local.
 */
export const aws = {
  region: 'us-east-1',
  accountId: '000000000000',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
} as const;

/** Builds an ARN of the local account; `resource` is everything after the account. */
export function arn(service: string, resource: string, options: { region?: string; account?: string } = {}): string {
  const region = options.region ?? aws.region;
  const account = options.account ?? aws.accountId;
  return `arn:${aws.partition}:${service}:${region}:${account}:${resource}`;
}

/** Anything that was started and must be stopped; `close` is idempotent and waits until the port is free. */
export interface Closable {
  close(): Promise<void>;
}
