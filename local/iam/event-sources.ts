/**
 * What Lambda and the schedulers do in a role's name, checked once at boot: the cloud refuses to create an event source
 * mapping whose function may not read its source.
 */

import { arn } from '../aws.ts';
import type { CloudModel } from '../template/model.ts';
import type { Authorizer } from './authorize.ts';
import { allows, like } from './policy.ts';

/** Source: AWS managed policies AWSLambdaSQSQueueExecutionRole and AWSLambdaDynamoDBExecutionRole, less the log group. */
const queueActions = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const streamActions = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];

/** Takes no resource, so a statement that names one does not allow it. */
const listStreams = 'dynamodb:ListStreams';

const logActions = ['logs:CreateLogStream', 'logs:PutLogEvents'];

/** Throws an error naming the first function, action and resource without a grant. */
export function requireGrants(model: CloudModel, authorizer: Authorizer): void {
  for (const { name, logGroup } of model.functions) {
    const resource = arn('logs', `log-group:${logGroup}:log-stream:any`);
    for (const action of logActions) {
      require(authorizer.functionMay(name, action, resource), { who: name, action, resource });
    }
  }
  for (const mapping of model.mappings) {
    const actions = mapping.kind === 'queue' ? queueActions : streamActions;
    const wishes = actions.map((action) => ({ action, resource: mapping.sourceArn }));
    if (mapping.kind === 'stream') wishes.push({ action: listStreams, resource: '*' });
    for (const { action, resource } of wishes) {
      const granted = authorizer.functionMay(mapping.functionName, action, resource);
      require(granted, { who: mapping.functionName, action, resource });
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
