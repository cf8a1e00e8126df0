import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { CounterLimit, OverLimit } from '#core/files/store.ts';
import type { Table } from './client.ts';
import { attributesOf, overLimitOf } from './counters.ts';
import { counterKey } from './keys.ts';
import { isNamed } from './transaction.ts';

/** A session still has the counter of the time when all its apps were counted together. */
export interface FormerCounter {
  outcome: 'former_counter';
}

/** What a single counter's refusal means, by the item it was refused for. */
export function refusalOf(
  limit: CounterLimit,
  old: Record<string, unknown> | undefined,
): OverLimit | FormerCounter | { outcome: 'owner_deleted' } {
  if (old?.closedAt !== undefined) return { outcome: 'owner_deleted' };
  if (limit.counter.kind === 'session' && old?.usedBytes !== undefined) return { outcome: 'former_counter' };
  return overLimitOf(limit, old);
}

/**
 * Takes a step, and where it met a session's former counter, once more after giving that to the app that came: nearly
 * always the only one there. Where several share a session it counts the others' too, until reconcile recounts it.
 */
export async function takeOverFormer<R extends { outcome: string }>(
  table: Table,
  limits: CounterLimit[],
  step: () => Promise<R | FormerCounter>,
): Promise<R> {
  for (;;) {
    const result = await step();
    if (!isFormer(result)) return result;
    for (const { counter } of limits) {
      if (counter.kind !== 'session') continue;
      const { used, files } = attributesOf(counter);
      try {
        await table.documents.send(
          new UpdateCommand({
            TableName: table.name,
            Key: counterKey(counter),
            UpdateExpression:
              'SET #used = if_not_exists(#used, :none) + usedBytes, #files = if_not_exists(#files, :none) + fileCount ' +
              'REMOVE usedBytes, fileCount',
            ConditionExpression: 'attribute_exists(usedBytes)',
            ExpressionAttributeNames: { '#used': used, '#files': files },
            ExpressionAttributeValues: { ':none': 0 },
          }),
        );
      } catch (error) {
        if (!isNamed(error, 'ConditionalCheckFailedException')) throw error;
      }
    }
  }
}

const isFormer = (result: { outcome: string }): result is FormerCounter => result.outcome === 'former_counter';
