import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { isOf, type OrganizationFile } from '#core/files/record.ts';
import type { PageRequest } from '#core/files/store.ts';
import type {
  ExportRow,
  LogoRow,
  MinisiteRow,
  OrganizationReader,
  Parent,
  SignatureToken,
} from '#core/organizations/stores.ts';
import { getFiles } from './batch-get.ts';
import type { Table } from './client.ts';
import {
  exportKey,
  logoKey,
  memberKey,
  minisiteKey,
  organizationDocumentsPk,
  organizationPk,
  parentPk,
  signatureTokenKey,
} from './keys.ts';
import { queryPage, queryPageOf } from './query.ts';

type Item = Record<string, unknown>;

/**
 * Members, rows and files of organizations in DynamoDB, for those who only read; apart from the writes, so that no reader's
 * bundle holds them. See `OrganizationReader` for what each method promises.
 */
export function createOrganizationReader(table: Table): OrganizationReader {
  const TableName = table.name;

  const get = async (Key: Item): Promise<Item | undefined> =>
    (await table.documents.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;

  async function listFiles(IndexName: string, pk: string, value: string, page: PageRequest) {
    const query = {
      IndexName,
      KeyConditionExpression: '#pk = :pk',
      ExpressionAttributeNames: { '#pk': pk },
      ExpressionAttributeValues: { ':pk': value },
      ScanIndexForward: false,
    };
    return await queryPage<OrganizationFile>(table, query, { pk, value }, page);
  }

  return {
    async isActiveMember(orgId, userId) {
      return (await get(memberKey(orgId, userId)))?.status === 'active';
    },

    async getFiles(ids) {
      const files = (await getFiles(table, ids)).filter((file) => isOf('organization', file));
      const found = new Map(files.map((file) => [file.id, file]));
      return ids.map((id) => found.get(id));
    },

    async getLogo(orgId) {
      const item = await get(logoKey(orgId));
      return item === undefined ? { orgId, rev: 0 } : { orgId, ...(withoutKeys(item) as Omit<LogoRow, 'orgId'>) };
    },

    async getMinisite(orgId) {
      const item = await get(minisiteKey(orgId));
      if (item !== undefined) return withoutKeys(item) as MinisiteRow;
      return { orgId, rev: 0, content: 'null', assets: [], updatedAt: new Date(0).toISOString() };
    },

    async getExport(orgId, jobId) {
      const item = await get(exportKey(orgId, jobId));
      return item === undefined ? { orgId, jobId, rev: 0 } : (withoutKeys(item) as ExportRow);
    },

    async getParent(kind, userId, id) {
      const item = await get({ pk: parentPk(kind, userId), sk: id });
      return item && (withoutKeys(item) as Parent);
    },

    async getToken(tokenHash) {
      const item = await get(signatureTokenKey(tokenHash));
      return item && (withoutKeys(item) as SignatureToken);
    },

    async listParents({ kind, userId, orgId }, page) {
      const pk = parentPk(kind, userId);
      const query = {
        KeyConditionExpression: 'pk = :pk',
        ...(orgId !== undefined && { FilterExpression: 'orgId = :org' }),
        ExpressionAttributeValues: { ':pk': pk, ...(orgId !== undefined && { ':org': orgId }) },
        ScanIndexForward: false,
        ConsistentRead: true,
      };
      const toParent = (item: Item) => withoutKeys(item) as Parent;
      return await queryPageOf(table, query, { keyOf: (id) => ({ pk, sk: id }), fromItem: toParent }, page);
    },

    listDocuments: (orgId, page) => listFiles('bySession', 'sessionPk', organizationDocumentsPk(orgId), page),
    listFiles: (orgId, page) => listFiles('byOwner', 'ownerPk', organizationPk(orgId), page),
  };
}

/** Items are written by the store beside this only, so their shape is known. */
function withoutKeys(item: Item): unknown {
  const { pk: _pk, sk: _sk, ttl: _ttl, ownerPk: _ownerPk, ...row } = item;
  return row;
}
