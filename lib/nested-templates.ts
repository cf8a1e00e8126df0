/**
 * CloudFormation's schemas and rules for the templates of nested stacks. The CDK asks them of the templates of an app's own
 * stacks (`CloudFormationValidatePlugin`) and takes nested ones for assets, so that a wrong property there would be found by the deployment.
 */
import { dirname, join } from 'node:path';
import {
  CloudFormationValidatePlugin,
  type IPolicyValidationContext,
  type IPolicyValidationPlugin,
  type PolicyValidationPluginReport,
  Stack,
} from 'aws-cdk-lib';

/** Its rules take most of a second to load, so that one serves every app of a process. */
let engine: CloudFormationValidatePlugin | undefined;

export class NestedTemplates implements IPolicyValidationPlugin {
  readonly name = 'CloudFormation Validate of nested stacks';

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    engine ??= new CloudFormationValidatePlugin();
    const stackTemplates = context.stackTemplates.flatMap((outer) => {
      const nested = context.appConstruct.node
        .findAll()
        .filter(Stack.isStack)
        .filter((stack) => stack.nested && stack.node.path.startsWith(`${outer.stackConstructPath}/`));
      return nested.map((stack) => ({
        ...outer,
        stackConstructPath: stack.node.path,
        templatePath: join(dirname(outer.templatePath), stack.templateFile),
      }));
    });
    const templatePaths = stackTemplates.map(({ templatePath }) => templatePath);
    return engine.validate({ ...context, stackTemplates, templatePaths });
  }
}
