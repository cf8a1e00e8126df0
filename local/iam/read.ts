/** Collects the policy statements of every role: inline, attached and standalone policies. */
import * as z from 'zod';
import type { Resource } from '../template/model.ts';
import { parseProperties } from '../template/parse.ts';
import type { Statement } from './policy.ts';

const many = z.union([z.string().transform((one) => [one]), z.array(z.string())]);

const statement = z
  .object({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Action: many.optional(),
    NotAction: many.optional(),
    Resource: many.optional(),
    NotResource: many.optional(),
    Condition: z.undefined('conditions are not evaluated locally').optional(),
  })
  .transform(
    (one): Statement => ({
      effect: one.Effect,
      actions: one.Action ?? one.NotAction ?? [],
      notActions: one.NotAction !== undefined,
      resources: one.Resource ?? one.NotResource ?? [],
      notResources: one.NotResource !== undefined,
    }),
  );

const document = z.looseObject({
  Statement: z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(statement)),
});

const role = z.looseObject({
  Policies: z.array(z.looseObject({ PolicyDocument: document })).default([]),
  ManagedPolicyArns: z.array(z.string()).default([]),
});

const policy = z.looseObject({ PolicyDocument: document, Roles: z.array(z.string()).default([]) });

/** What AWS's managed policies allow, on every resource, as the AWS managed policy reference prints them. */
const managedActions: Record<string, string[]> = {
  'service-role/AWSLambdaBasicExecutionRole': ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  AWSXRayDaemonWriteAccess: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
};

/** CodeDeploy has nothing to do here, and what its role may do is nobody's right. */
const isOfCodeDeploy = ({ properties }: Resource) => JSON.stringify(properties).includes('codedeploy.amazonaws.com');

/** Statements by role name. Throws on a managed policy whose content is not in the template. */
export function readPolicies(resources: (Resource & { name: string })[]): Record<string, Statement[]> {
  const roles: Record<string, Statement[]> = {};
  for (const resource of resources.filter(({ type }) => type === 'AWS::IAM::Role')) {
    const properties = parseProperties(role, resource);
    if (isOfCodeDeploy(resource)) continue;
    const managed = properties.ManagedPolicyArns.map((policyArn): Statement => {
      const actions = managedActions[policyArn.split(':policy/')[1] ?? ''];
      if (!actions)
        throw new Error(`${resource.logicalId}: the content of managed policy ${policyArn} is not known locally`);
      return { effect: 'Allow', actions, notActions: false, resources: ['*'], notResources: false };
    });
    roles[resource.name] = [
      ...managed,
      ...properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    ];
  }
  for (const resource of resources.filter(({ type }) => type !== 'AWS::IAM::Role')) {
    const properties = parseProperties(policy, resource);
    for (const name of properties.Roles) {
      const statements = roles[name];
      if (!statements) throw new Error(`${resource.logicalId}: role ${name} is not in the template`);
      statements.push(...properties.PolicyDocument.Statement);
    }
  }
  return roles;
}
