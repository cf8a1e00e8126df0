import { createTableInput, ttlAttribute } from '../lib/table-schema.ts';
import { arn } from './aws.ts';
import { streamArn } from './template/attributes.ts';
import type { TableSpec } from './template/model.ts';

/** What an operator makes of a restored table before the stack is given its name. */
export function tableBeside(name: string): TableSpec {
  const input = { ...createTableInput(name), TimeToLiveSpecification: { AttributeName: ttlAttribute, Enabled: true } };
  return { name, arn: arn('dynamodb', `table/${name}`), streamArn: streamArn(name), input };
}
