import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { KeptReport, ReportStore } from '#core/reconcile/stores.ts';
import type { Table } from './client.ts';
import { reportKey, reportsPk } from './keys.ts';
import { queryPageOf } from './query.ts';

/** How long a report is kept, seconds: of hourly runs some seven hundred. */
const keptSeconds = 30 * 86_400;

/** Reports of runs, one item each; see `ReportStore`. */
export function createReportStore(table: Table): ReportStore {
  return {
    async keepReport(kept) {
      const ttl = Math.floor(Date.parse(kept.endedAt) / 1000) + keptSeconds;
      await table.documents.send(
        new PutCommand({ TableName: table.name, Item: { ...reportKey(kept.id), ...kept, ttl } }),
      );
    },

    async listReports(page) {
      const query = {
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': reportsPk },
        ScanIndexForward: false,
        ConsistentRead: true,
      };
      return await queryPageOf(table, query, { keyOf: reportKey, fromItem: reportIn }, page);
    },
  };
}

function reportIn({ pk: _pk, sk: _sk, ttl: _ttl, ...kept }: Record<string, unknown>): KeptReport {
  return kept as unknown as KeptReport;
}
