/** Looking behind the API: what is stored, and which processes run, where a test must show that a fault left nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Cloud } from '#local/cloud.ts';
import { countsNothing } from '#test/support/tables.ts';
import type { openCloud } from './support.ts';

type OpenCloud = Awaited<ReturnType<typeof openCloud>>;
type Item = Record<string, unknown>;

/** The table behind a cloud, as its operator sees it. */
export function openTable({ dev }: Pick<Cloud, 'dev'>) {
  const { endpoint, tableName: TableName } = dev.dynamodb;
  const credentials = { accessKeyId: 'operator', secretAccessKey: 'operator' };
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  const documents = DynamoDBDocumentClient.from(client);
  const scan = async () => (await documents.send(new ScanCommand({ TableName }))).Items ?? [];
  return {
    /** Records of files in any state. */
    files: async (): Promise<Item[]> => (await scan()).filter(({ sk }) => sk === 'FILE'),
    /**
     * Everything but what an administrator set and what is written down of it, what reconcile keeps for itself and tells of
     * its runs, notes of who uses how much, and counters that are back at zero.
     */
    async items(): Promise<Item[]> {
      const items = await scan();
      const kept = ({ pk, sk }: Item) =>
        !/^(APPS$|AUDIT$|RECONCILE#REPORTS$|USAGE#)/.test(String(pk)) &&
        !/^(SETTINGS|KEY#|RUN$|USAGE#)/.test(String(sk));
      return items.filter((item) => kept(item) && !(item.sk === 'COUNTER' && countsNothing(item)));
    },
    /** Moves the time at which somebody must look at the record into the past, as if a quarter of an hour had gone by. */
    async makeDue({ pk, sk }: Item): Promise<void> {
      const UpdateExpression = 'SET dueAt = :past';
      const ExpressionAttributeValues = { ':past': Date.now() - 1 };
      await documents.send(
        new UpdateCommand({ TableName, Key: { pk, sk }, UpdateExpression, ExpressionAttributeValues }),
      );
    },
    close: () => client.destroy(),
  };
}

/** Ends every running instance of the functions whose name holds `part`, in the middle of whatever it does. */
export const killInstances = (opened: Pick<OpenCloud, 'cloud'>, part: string) =>
  signalInstances(opened, part, 'SIGKILL');

/** Sends a signal to every running instance of the functions whose name holds `part`, and tells to how many. Linux only. */
export function signalInstances({ cloud }: Pick<OpenCloud, 'cloud'>, part: string, signal: NodeJS.Signals): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.filter((pid) => {
    const variables = environmentOf(pid);
    const name = variables.find((line) => line.startsWith('AWS_LAMBDA_FUNCTION_NAME='));
    const ours = variables.includes(`AWS_ENDPOINT_URL_DYNAMODB=${cloud.stack.endpoints.dynamodb}`);
    return ours && name?.toLowerCase().includes(part) === true;
  });
  for (const pid of found) process.kill(Number(pid), signal);
  return found.length;
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}
