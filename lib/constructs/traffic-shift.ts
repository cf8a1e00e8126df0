/**
 * New code of endpoints takes over step by step, and goes back by itself when an alarm rings. Each endpoint gets a version
 * and an alias that the gateway calls; CodeDeploy moves the alias. Workers change at once: what their queues and the stream
 * bring them comes again when it failed. Source: AWS SAM developer guide, "Deploying serverless applications gradually";
 * CodeDeploy user guide, "Deployments on an AWS Lambda compute platform".
 */
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type ILambdaDeploymentConfig,
  LambdaApplication,
  LambdaDeploymentConfig,
  LambdaDeploymentGroup,
} from 'aws-cdk-lib/aws-codedeploy';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, type Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StowageConfig } from '../config.ts';
import { acknowledge } from './acknowledged.ts';

/**
 * Those that tell of the last minutes, ten at most, and that only we can make ring: half a dozen strangers without a token
 * are enough for `Unauthorized`, and could stop every deployment. What looks back over hours would stop every deployment for hours after a
 * failure, the one that mends it too. Source: CodeDeploy user guide, "CodeDeploy quotas".
 */
const watched = /^(\w+Failing|ServerErrors|Slow|ReadsSlow)$/;

export class TrafficShift extends Construct {
  private readonly application: LambdaApplication;
  private readonly role: Role;
  private readonly groups: LambdaDeploymentGroup[] = [];
  private readonly steps: ILambdaDeploymentConfig;
  private readonly ignoreAlarms: boolean;

  constructor(scope: Construct, id: string, { by, ignoreAlarms }: NonNullable<StowageConfig['trafficShift']>) {
    super(scope, id);
    this.steps = LambdaDeploymentConfig.fromLambdaDeploymentConfigName(this, 'Steps', `CodeDeployDefault.Lambda${by}`);
    this.ignoreAlarms = ignoreAlarms;
    this.application = new LambdaApplication(this, 'Application');
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('codedeploy.amazonaws.com') });
    acknowledge(
      this.role,
      'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited]',
    );
  }

  /** What the gateway calls in place of the function. */
  aliasOf(endpoint: Lambda): Alias {
    const alias = new Alias(endpoint, 'Live', { aliasName: 'live', version: endpoint.currentVersion });
    const group = new LambdaDeploymentGroup(endpoint, 'Shift', {
      application: this.application,
      alias,
      role: this.role,
      deploymentConfig: this.steps,
      ignoreAlarmConfiguration: this.ignoreAlarms,
    });
    this.groups.push(group);
    return alias;
  }

  /** Called when every alarm is made. */
  watch(alarms: readonly Alarm[]): void {
    for (const alarm of alarms.filter(({ node }) => watched.test(node.id))) {
      for (const group of this.groups) group.addAlarm(alarm);
    }
  }
}
