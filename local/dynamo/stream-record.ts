/** What DynamoDB Streams tells of one write. Source: DynamoDB Streams API reference, Record and StreamRecord. */
import { createHash } from 'node:crypto';
import type { DynamoDBRecord } from 'aws-lambda';
import { type Item, internals, type Table } from './dynalite.ts';

export interface Told {
  table: Table;
  before: Item | undefined;
  after: Item | undefined;
  sequence: number;
  nowMs: number;
  region: string;
  /** It was TTL and no caller. */
  byTtl?: boolean;
}

export function streamRecord({ table, before, after, sequence, nowMs, region, byTtl }: Told): DynamoDBRecord {
  const image = after ?? before ?? {};
  const keys = Object.fromEntries(table.KeySchema.map(({ AttributeName: name }) => [name, image[name]]));
  const sequenceNumber = String(sequence).padStart(21, '0');
  const sizes = [keys as Item, before, after].map((item) => (item === undefined ? 0 : internals.itemSize(item)));
  return {
    eventID: createHash('md5').update(`${table.TableArn}/${sequenceNumber}`).digest('hex'),
    eventName: after === undefined ? 'REMOVE' : before === undefined ? 'INSERT' : 'MODIFY',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    ...(byTtl && { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } }),
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(nowMs / 1000),
      Keys: keys as never,
      ...(before !== undefined && { OldImage: before as never }),
      ...(after !== undefined && { NewImage: after as never }),
      SequenceNumber: sequenceNumber,
      SizeBytes: sizes.reduce((sum, size) => sum + size, 0),
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: `${table.TableArn}/stream/2024-01-01T00:00:00.000`,
  };
}
