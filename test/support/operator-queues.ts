import { SQSClient } from '@aws-sdk/client-sqs';
import type { Cloud } from '#local/cloud.ts';

/** The queues of a cloud as its operator reaches them, by a part of their name; dead letters are no queue to send to. */
export function operatorQueues({ stack }: Pick<Cloud, 'stack'>) {
  const { endpoints, model } = stack;
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  return {
    sqs: new SQSClient({ endpoint: endpoints.sqs, region: 'us-east-1', credentials }),
    urlOf(part: RegExp): string {
      const found = model.queues.find(({ name }) => part.test(name) && !/dead/i.test(name));
      return `${endpoints.sqs}/000000000000/${found?.name}`;
    },
  };
}
