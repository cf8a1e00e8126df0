import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { OrganizationStore } from '#core/organizations/stores.ts';
import type { Table } from './client.ts';
import { findRemembered, writeSecret } from './idempotency.ts';
import { memberKey, signatureTokenKey } from './keys.ts';
import { createCommit } from './organization-changes.ts';
import { createOrganizationReader } from './organization-reader.ts';

/** Members, rows and files of organizations in DynamoDB; see `OrganizationStore` for what each method promises. */
export function createOrganizationStore(table: Table): OrganizationStore {
  const TableName = table.name;

  return {
    ...createOrganizationReader(table),
    commit: createCommit(table),

    async putMember(member) {
      await table.documents.send(
        new PutCommand({ TableName, Item: { ...memberKey(member.orgId, member.userId), ...member } }),
      );
    },

    async putToken(token, now, claim) {
      const { tokenHash } = token;
      const item = { ...signatureTokenKey(tokenHash), ...token, ttl: Math.ceil(token.expiresAt / 1000) };
      const put = { Put: { TableName, Item: item } };
      if (claim === undefined) {
        await table.documents.send(new PutCommand(put.Put));
        return 'written';
      }
      return await writeSecret(table, claim, {
        id: tokenHash,
        createdAt: now.toISOString(),
        put,
        remove: (former) => ({
          Delete: {
            TableName,
            Key: signatureTokenKey(former),
            ConditionExpression: 'attribute_not_exists(pk) OR used = :no',
            ExpressionAttributeValues: { ':no': false },
          },
        }),
      });
    },

    findRemembered: (id, now) => findRemembered(table, id, now),
  };
}
