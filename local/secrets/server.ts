/** Secrets Manager: GetSecretValue of the few secrets this cloud makes itself, by name or ARN, for whom IAM allows. */
import { createServer } from 'node:http';
import { aws, type Closable } from '../aws.ts';
import { type Authorizer, accessKeyIdOf } from '../iam/authorize.ts';
import { type JsonReply, serveJson } from '../json-server.ts';
import { closeServer, listen } from '../listen.ts';
import { secretArn } from '../template/attributes.ts';

export interface SecretsOptions {
  /** Values by name; looked at with every request, so that a value may change. */
  secrets: Record<string, string>;
  authorizer: Authorizer;
  /** Asked before every answer, to provoke faults: no answer at all, or an error. */
  intercept?: (() => SecretFault | undefined) | undefined;
  host: string;
  port: number;
}

export type SecretFault = 'reset' | 'silent' | { status: number; code: string };

/** Starts the endpoint. */
export async function startSecrets(options: SecretsOptions): Promise<Closable & { port: number; endpoint: string }> {
  async function answer(target: string, authorization: string | undefined, body: unknown): Promise<JsonReply> {
    if (target !== 'secretsmanager.GetSecretValue')
      return failure('InvalidAction', `${target} is not supported locally`);
    const wanted = String((body as { SecretId?: unknown }).SecretId ?? '');
    const name = Object.keys(options.secrets).find((known) => known === wanted || secretArn(known) === wanted);
    const accessKeyId = accessKeyIdOf(authorization);
    const resource = name === undefined ? wanted : secretArn(name);
    const action = 'secretsmanager:GetSecretValue';
    if (!options.authorizer.isAllowed({ accessKeyId, action, resource })) {
      const who = options.authorizer.functionOf(accessKeyId);
      return failure(
        'AccessDeniedException',
        `${who} is not authorized to perform: ${action} on resource: ${resource}`,
      );
    }
    if (name === undefined) {
      return failure('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return {
      status: 200,
      body: {
        ARN: resource,
        Name: name,
        SecretString: options.secrets[name],
        VersionId: '00000000-0000-4000-8000-000000000000',
        VersionStages: ['AWSCURRENT'],
        CreatedDate: 1_577_836_800,
      },
    };
  }

  const server = createServer((request, response) => {
    const { authorization, 'x-amz-target': target } = request.headers;
    const fault = options.intercept?.();
    if (fault === 'reset') return void request.socket.resetAndDestroy();
    if (fault === 'silent') return void request.resume();
    serveJson(request, response, 'application/x-amz-json-1.1', async (body) =>
      fault ? failure(fault.code, 'Provoked for a test.', fault.status) : answer(String(target), authorization, body),
    );
  });
  const address = await listen(server, options);
  return { ...address, close: () => closeServer(server) };
}

function failure(type: string, message: string, status = 400): JsonReply {
  return { status, body: { __type: type, message: `${message} (${aws.region})` } };
}
