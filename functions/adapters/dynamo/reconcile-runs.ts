import { createHash } from 'node:crypto';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { RunState, RunStore } from '#core/reconcile/stores.ts';
import type { Table } from './client.ts';
import { reconcileKey } from './keys.ts';
import { isNamed } from './transaction.ts';

/** One item: the lease of the run at work and what runs leave to each other, so that only the holder changes it. */
export function createRunStore(table: Table): RunStore {
  const TableName = table.name;
  const send = table.documents.send.bind(table.documents);

  async function read(): Promise<Record<string, unknown>> {
    const { Item = {} } = await send(new GetCommand({ TableName, Key: reconcileKey, ConsistentRead: true }));
    return Item;
  }

  /** False when the condition did not hold. */
  async function update(given: {
    UpdateExpression: string;
    ConditionExpression: string;
    ExpressionAttributeValues: Record<string, unknown>;
    ExpressionAttributeNames?: Record<string, string>;
  }): Promise<boolean> {
    try {
      await send(new UpdateCommand({ TableName, Key: reconcileKey, ...given }));
      return true;
    } catch (error) {
      if (isNamed(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  }

  return {
    async tableId() {
      // A restore and a new stack make a new table; this name is given to one table only, whatever it is called, and so is
      // the moment of its creation, for a DynamoDB that leaves the id out (DynamoDB API reference, TableDescription).
      const { Table: { TableId, TableArn = TableName, CreationDateTime } = {} } = await send(
        new DescribeTableCommand({ TableName }),
      );
      if (TableId !== undefined) return TableId;
      if (CreationDateTime === undefined)
        throw new Error('DescribeTable tells neither the id nor the age of the table');
      return createHash('sha256').update(`${TableArn} ${CreationDateTime.toISOString()}`).digest('hex');
    },

    state: async () => stateOf(await read()),

    async acquire(runId, now, until) {
      const taken = await update({
        UpdateExpression: 'SET runId = :run, leaseUntil = :until',
        // Its own id: the answer of a first try was lost.
        ConditionExpression: 'attribute_not_exists(runId) OR leaseUntil <= :now OR runId = :run',
        ExpressionAttributeValues: { ':run': runId, ':until': until, ':now': now },
      });
      const item = await read();
      return taken ? { state: stateOf(item) } : { busyUntil: Number(item.leaseUntil ?? now) };
    },

    async keep(runId, until, changes) {
      const entries = Object.entries(changes).map(([name, value], index) => ({ name, value, index }));
      const set = entries.filter(({ value }) => value !== undefined);
      const gone = entries.filter(({ value }) => value === undefined);
      return await update({
        UpdateExpression: [
          `SET ${['leaseUntil = :until', ...set.map(({ index }) => `#f${index} = :v${index}`)].join(', ')}`,
          ...(gone.length > 0 ? [`REMOVE ${gone.map(({ index }) => `#f${index}`).join(', ')}`] : []),
        ].join(' '),
        ConditionExpression: 'runId = :run',
        ExpressionAttributeValues: {
          ':run': runId,
          ':until': until,
          ...Object.fromEntries(set.map(({ value, index }) => [`:v${index}`, value])),
        },
        ...(entries.length > 0 && {
          ExpressionAttributeNames: Object.fromEntries(entries.map(({ name, index }) => [`#f${index}`, name])),
        }),
      });
    },

    async release(runId) {
      await update({
        UpdateExpression: 'REMOVE runId, leaseUntil',
        ConditionExpression: 'runId = :run',
        ExpressionAttributeValues: { ':run': runId },
      });
    },
  };
}

function stateOf(item: Record<string, unknown>): RunState {
  const { pk: _pk, sk: _sk, runId: _runId, leaseUntil: _leaseUntil, ...kept } = item;
  return { generation: 0, buckets: [], confirmedThrough: {}, ...(kept as Partial<RunState>) };
}
