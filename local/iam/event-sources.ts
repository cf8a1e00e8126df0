/**
 * What Lambda and the schedulers do in a role's name, checked once at boot: the cloud refuses to create an event source
 * mapping whose function may not read its source.
 */

import type { CloudModel } from '../template/model.ts';
import type { Authorizer } from './authorize.ts';
import { allows, like } from './policy.ts';

const queueActions = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const streamActions = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

/** Throws an error naming the first function, action and resource without a grant. */
export function requireGrants(model: CloudModel, authorizer: Authorizer): void {
  for (const mapping of model.mappings) {
    const actions = mapping.kind === 'queue' ? queueActions : streamActions;
    for (const action of actions) {
      require(authorizer.functionMay(mapping.functionName, action, mapping.sourceArn), {
        who: mapping.functionName,
        action,
        resource: mapping.sourceArn,
      });
    }
    if (mapping.kind === 'stream' && mapping.onFailureArn) {
      const wish = { who: mapping.functionName, action: 'sqs:SendMessage', resource: mapping.onFailureArn };
      require(authorizer.functionMay(wish.who, wish.action, wish.resource), wish);
    }
  }
  for (const schedule of model.schedules) {
    for (const { functionName, roleName } of schedule.targets) {
      const spec = model.functions.find(({ name }) => name === functionName);
      const action = 'lambda:InvokeFunction';
      const granted =
        schedule.service === 'scheduler'
          ? allows(model.roles[roleName ?? ''] ?? [], action, spec?.arn ?? functionName)
          : model.permissions.some(
              (permission) =>
                permission.functionName === functionName &&
                permission.principal === 'events.amazonaws.com' &&
                permission.action === action &&
                (permission.sourceArn === undefined || like(permission.sourceArn, schedule.arn)),
            );
      require(granted, { who: schedule.name, action, resource: functionName });
    }
  }
}

function require(granted: boolean, { who, action, resource }: { who: string; action: string; resource: string }): void {
  if (!granted) throw new Error(`${who} has no grant for ${action} on ${resource}`);
}
