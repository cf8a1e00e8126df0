import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Change } from '#core/events/event.ts';
import type { FileRecord } from '#core/files/record.ts';
import { fromItem } from './file-item.ts';

/** The part of a stream record that holds what an item was and is; see the DynamoDB Streams API reference, StreamRecord. */
export interface Images {
  OldImage?: object | undefined;
  NewImage?: object | undefined;
}

/** What a write did to a file's record, by the images of the table's stream. */
export function changeIn({ OldImage, NewImage }: Images): Change {
  return { from: recordIn(OldImage), to: recordIn(NewImage) };
}

function recordIn(image: object | undefined): FileRecord | undefined {
  return image === undefined ? undefined : fromItem(unmarshall(image as Record<string, AttributeValue>));
}
