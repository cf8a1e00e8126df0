/** The one table: records, counters, claims and expiry tickets. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { envNames } from '../../functions/runtime/env-names.ts';
import { createTableInput, indexNames, type KeyElement, ttlAttribute } from '../table-schema.ts';
import { allow, type Grant } from './grant.ts';

const readActions = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
const writeActions = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem'];

export class StowageTable extends Construct {
  private readonly table: CfnTable;

  /** @param props.protectData keeps the table when the stack goes, refuses its deletion, and records 35 days of history */
  constructor(scope: Construct, id: string, props: { protectData: boolean }) {
    super(scope, id);
    const schema = createTableInput('named by CloudFormation');
    this.table = new CfnTable(this, 'Table', {
      attributeDefinitions: schema.AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
        attributeName: AttributeName,
        attributeType: AttributeType,
      })),
      keySchema: keySchema(schema.KeySchema),
      globalSecondaryIndexes: schema.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
        indexName: IndexName,
        keySchema: keySchema(KeySchema),
        projection: { projectionType: Projection.ProjectionType },
      })),
      billingMode: schema.BillingMode,
      streamSpecification: { streamViewType: schema.StreamSpecification.StreamViewType },
      timeToLiveSpecification: { attributeName: ttlAttribute, enabled: true },
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.protectData },
      deletionProtectionEnabled: props.protectData,
    });
    this.table.applyRemovalPolicy(props.protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY);
  }

  /** For `table.read`: items by key and by index; never Scan, which no request path may need. */
  grantRead(): Grant {
    return this.grant(readActions);
  }

  /** For `table.write`: reading, and every write a transaction is made of. */
  grantWrite(): Grant {
    return this.grant([...readActions, ...writeActions]);
  }

  private grant(actions: string[]): Grant {
    const indexes = indexNames.map((name) => `${this.table.attrArn}/index/${name}`);
    return {
      environment: { [envNames.tableName]: this.table.ref },
      statements: [allow(actions, [this.table.attrArn, ...indexes])],
    };
  }
}

function keySchema(keys: KeyElement[]) {
  return keys.map(({ AttributeName, KeyType }) => ({ attributeName: AttributeName, keyType: KeyType }));
}
