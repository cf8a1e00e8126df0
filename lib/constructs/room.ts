/**
 * The endpoints of one folder of the route table, as a nested stack: CloudFormation allows 500 resources a stack, and an
 * endpoint takes six. Which stack an endpoint is in follows from its key alone, so that it never moves when others come:
 * a route that moved would be created in its new stack before it is deleted in the old one, and API Gateway refuses the
 * second route of a key. Data, queues, their workers and the API stay in the parent, which hands their names down as
 * parameters: nothing is exported, so that no stack waits for another to let go of what it uses.
 */
import { CfnResource, NestedStack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** Source: CloudFormation user guide, "Understand CloudFormation quotas". */
const mostResources = 500;

/** Folder of a key: `uploads/list` -> `uploads`; none for a key that lies in no folder. */
export function roomOf(key: string): string | undefined {
  const slash = key.indexOf('/');
  return slash > 0 ? key.slice(0, slash) : undefined;
}

export class Room extends NestedStack {
  /** @param folder of the route table, named in the stack's description and where it has become too full */
  constructor(scope: Construct, id: string, { folder }: { folder: string }) {
    super(scope, id, { description: `Stowage: endpoints of functions/${folder}` });
    this.node.addValidation({
      validate: () => {
        const own = this.node.findAll().filter((each) => CfnResource.isCfnResource(each) && each.stack === this);
        if (own.length <= mostResources) return [];
        return [
          `functions/${folder} has ${own.length} resources, and a nested stack holds ${mostResources}: give new endpoints a folder of another name, and leave those that are deployed where they are`,
        ];
      },
    });
  }

  /**
   * Deploys after another room. What API Gateway lets an account change in a second is no more for many stacks than for
   * one; side by side they are refused with 429 (dougmoscrop/serverless-plugin-split-stacks#33).
   */
  after(other: Room): void {
    this.nestedStackResource?.addResourceDependency(other.nestedStackResource as CfnResource);
  }
}
