/**
 * Tells who calls by the access key of the request and asks the role's policies. Every function has a key of its own.
 * Differs from AWS: a key that belongs to no function is the operator's (tests, a shell) and may do everything.
 */
import { createHash } from 'node:crypto';
import type { CloudModel } from '../template/model.ts';
import { allows } from './policy.ts';

export interface Authorizer {
  /** The credentials a function runs with. */
  credentialsOf(functionName: string): { accessKeyId: string; secretAccessKey: string };
  /** Whether the caller with this key may do `action` on `resource`. */
  isAllowed(call: { accessKeyId: string | undefined; action: string; resource: string }): boolean;
  /** Whether a function's role may; for what Lambda does in the function's name. */
  functionMay(functionName: string, action: string, resource: string): boolean;
  /** The function a key belongs to; undefined for the operator's. */
  functionOf(accessKeyId: string | undefined): string | undefined;
}

/** Creates the authorizer of one stack; keys are derived from function names, so they survive a restart. */
export function createAuthorizer(model: CloudModel): Authorizer {
  const roleOf = new Map(model.functions.map((spec) => [spec.name, spec.roleName]));
  const nameOf = new Map(model.functions.map((spec) => [keyOf(spec.name), spec.name]));

  function functionMay(functionName: string, action: string, resource: string): boolean {
    const statements = model.roles[roleOf.get(functionName) ?? ''];
    return statements !== undefined && allows(statements, action, resource);
  }

  return {
    credentialsOf: (functionName) => ({
      accessKeyId: keyOf(functionName),
      secretAccessKey: digest(`secret of ${functionName}`).slice(0, 40),
    }),
    isAllowed({ accessKeyId, action, resource }) {
      const functionName = nameOf.get(accessKeyId ?? '');
      return functionName === undefined || functionMay(functionName, action, resource);
    },
    functionMay,
    functionOf: (accessKeyId) => nameOf.get(accessKeyId ?? ''),
  };
}

/** The access key id in a SigV4 `Authorization` header. */
export function accessKeyIdOf(authorization: string | undefined): string | undefined {
  return /Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1];
}

function keyOf(functionName: string): string {
  return `ASIA${digest(functionName).slice(0, 16).toUpperCase()}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
