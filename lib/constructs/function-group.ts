/**
 * The functions of one folder, each with its role, log group, permission, integration and route, in a stack nested in
 * the product's: CloudFormation takes 500 resources a template. Nothing that holds data is in it, so whatever goes wrong
 * with it leaves data alone. A function is in the stack of its folder whatever else is there, so adding one moves none.
 */
import { Annotations, CfnResource, NestedStack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { mostResources } from '../template-limits.ts';

/** Resources of an endpoint: role, log group, function, integration, route and permission. */
const perEndpoint = 6;

/** Endpoints for which there must be room, or synthesis warns: enough for a feature that is being written. */
const fewEndpoints = 10;

/** Folder that also takes the functions of no folder: the one that grows least. */
const folderOfOthers = 'workers';

/** `extensions/session-files-get` -> `ExtensionsSessionFilesGet`, which CloudFormation's names may contain. */
export function constructId(key: string): string {
  return key.replace(/(?:^|[/-])(\w)/g, (_, letter: string) => letter.toUpperCase());
}

export class FunctionGroups extends Construct {
  private readonly groups = new Map<string, NestedStack>();

  /** The stack of a row's folder, made when it is first asked for. */
  of(key: string): NestedStack {
    const folder = key.includes('/') ? (key.split('/')[0] ?? folderOfOthers) : folderOfOthers;
    const known = this.groups.get(folder);
    if (known) return known;
    const group = new NestedStack(this, constructId(folder), { description: `Stowage: functions/${folder}` });
    group.node.addValidation({ validate: () => tooMany(folder, resourcesOf(group)) });
    this.groups.set(folder, group);
    return group;
  }

  /** Warns of folders that are nearly full, while there is still time to begin another. Called when all functions are made. */
  warnOfLittleRoom(): void {
    for (const [folder, group] of this.groups) {
      const room = Math.floor((mostResources - resourcesOf(group)) / perEndpoint);
      if (room < 0 || room >= fewEndpoints) continue;
      const text = `The stack of functions/${folder} has room for ${room} more endpoints. Put new ones in another folder.`;
      Annotations.of(group).addWarningV2('stowage:little-room', text);
    }
  }
}

function resourcesOf(group: NestedStack): number {
  return group.node.findAll().filter((each) => CfnResource.isCfnResource(each)).length;
}

/** Said before CDK counts, since it would not say what to do. */
function tooMany(folder: string, resources: number): string[] {
  if (resources <= mostResources) return [];
  return [
    `functions/${folder} needs ${resources} resources, and CloudFormation takes ${mostResources} a stack. ` +
      `Move ${Math.ceil((resources - mostResources) / perEndpoint)} of its endpoints to another folder.`,
  ];
}
