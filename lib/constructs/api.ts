/**
 * The HTTP API. Routes are L1 resources: integration, route and permission are all an endpoint needs here, and the
 * permission names its route, so nothing but that route may invoke the function.
 */
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  CfnIntegration,
  CfnRoute,
  CorsHttpMethod,
  DomainName,
  HttpApi,
  HttpStage,
  type IAccessLogSettings,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { StowageConfig } from '../config.ts';
import type { EndpointRow, FallbackRow } from '../routes.ts';
import { acknowledge } from './acknowledged.ts';
import { keptLogs } from './kept-logs.ts';

/** Seconds a request may take: one under the gateway's fixed 30, so that a slow answer is still ours. */
export const endpointTimeoutSeconds = 29;

/**
 * What an access log line holds. Not the path, since a signer's form token is part of one; not the query, since
 * signatures are; no header. The route key says which endpoint it was. `requestId` is the answer's `x-request-id` and on
 * every line of the function; `lambdaRequestId` is on Lambda's own lines too, which are all there is of one that died.
 * Alarms count by `routeKey` and `status`. Source: API Gateway developer guide, "Customize HTTP API access logs".
 */
export const accessLog = {
  requestId: '$context.requestId',
  extendedRequestId: '$context.extendedRequestId',
  lambdaRequestId: '$context.integration.requestId',
  requestTime: '$context.requestTime',
  routeKey: '$context.routeKey',
  status: '$context.status',
  sourceIp: '$context.identity.sourceIp',
  responseLength: '$context.responseLength',
  responseLatencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integration.latency',
  lambdaStatus: '$context.integration.integrationStatus',
  functionStatus: '$context.integration.status',
  integrationError: '$context.integration.error',
  gatewayError: '$context.error.message',
  gatewayErrorType: '$context.error.responseType',
};

export class StowageApi extends Construct {
  readonly httpApi: HttpApi;
  /** One line a request, in the form of {@link accessLog}. */
  readonly accessLogs: LogGroup;
  /** Where the API answers, without a slash at the end. */
  readonly url: string;

  constructor(scope: Construct, id: string, config: StowageConfig) {
    super(scope, id);
    this.httpApi = new HttpApi(this, 'HttpApi', {
      apiName: `stowage-${config.stage}`,
      createDefaultStage: false,
      ...(config.apiDomain?.only && { disableExecuteApiEndpoint: true }),
      ...(config.corsOrigins.length > 0 && {
        corsPreflight: {
          allowOrigins: config.corsOrigins,
          allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT, CorsHttpMethod.DELETE],
          allowHeaders: ['authorization', 'content-type', 'x-chastify-main-token', 'idempotency-key'],
          // `date`: links end by our clock, and a page's own may be wrong.
          exposeHeaders: ['retry-after', 'date'],
          maxAge: Duration.hours(1),
        },
      }),
    });
    this.accessLogs = keptLogs(this, 'AccessLogs', config);
    const accessLogSettings: IAccessLogSettings = {
      destination: new LogGroupLogDestination(this.accessLogs),
      format: AccessLogFormat.custom(JSON.stringify(accessLog)),
    };
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      stageName: '$default',
      autoDeploy: true,
      throttle: config.throttle,
      accessLogSettings,
    });
    // Its own address may not be asked for where it is turned off.
    this.url = config.apiDomain ? `https://${config.apiDomain.name}` : this.httpApi.apiEndpoint;
    if (config.apiDomain) this.answerUnder(config.apiDomain, stage);
  }

  /**
   * Serves the stage under a name of the operator's, whose DNS must point to what the outputs name: the zone may be
   * anybody's. TLS 1.2 at least is all that HTTP APIs have.
   */
  private answerUnder({ name, certificateArn }: NonNullable<StowageConfig['apiDomain']>, stage: HttpStage): void {
    const certificate = Certificate.fromCertificateArn(this, 'Certificate', certificateArn);
    const domainName = new DomainName(this, 'Domain', {
      domainName: name,
      certificate,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    new ApiMapping(this, 'DomainMapping', { api: this.httpApi, domainName, stage });
    const output = (id: string, value: string, description: string) =>
      new CfnOutput(this, id, { value, description }).overrideLogicalId(`Api${id}`);
    output('DomainTarget', domainName.regionalDomainName, `What ${name} must be a CNAME or alias of`);
    output('DomainTargetZone', domainName.regionalHostedZoneId, 'Hosted zone of that target, for an alias of Route 53');
  }

  /**
   * Sends the requests of a row's method and path to its function.
   * @param target what is called in place of the function itself
   */
  addRoute({ method, path }: EndpointRow, endpoint: IFunction, target = endpoint): void {
    this.route({ endpoint, target, integration: this.integration(endpoint, target), method, path, suffix: '' });
  }

  /**
   * Sends what no other route matches to one function. A route per method instead of `$default` or `ANY`, since those
   * match OPTIONS too and would have a function run for every preflight; the root is a path no variable matches.
   * Source: API Gateway developer guide, "Configure CORS for HTTP APIs"; aws/serverless-application-model#1603.
   */
  addFallback({ methods }: FallbackRow, endpoint: IFunction): void {
    const common = { endpoint, target: endpoint, integration: this.integration(endpoint, endpoint) };
    for (const method of methods) this.route({ ...common, method, path: '/{proxy+}', suffix: method });
    this.route({ ...common, method: 'GET', path: '/', suffix: 'ROOT' });
  }

  private integration(endpoint: IFunction, target: IFunction): CfnIntegration {
    return new CfnIntegration(endpoint, 'Integration', {
      apiId: this.httpApi.apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: target.functionArn,
      payloadFormatVersion: '2.0',
      timeoutInMillis: endpointTimeoutSeconds * 1000,
    });
  }

  private route({ endpoint, target, integration, method, path, suffix }: RouteParts): void {
    const row = new CfnRoute(endpoint, `Route${suffix}`, {
      apiId: this.httpApi.apiId,
      routeKey: `${method} ${path}`,
      target: `integrations/${integration.ref}`,
    });
    acknowledge(row, 'AwsSolutions::AwsSolutions-APIG4');
    const permission = new CfnPermission(endpoint, `Permission${suffix}`, {
      action: 'lambda:InvokeFunction',
      functionName: target.functionArn,
      principal: 'apigateway.amazonaws.com',
      sourceArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: this.httpApi.apiId,
        // Any stage of this API (it has one), this method and path only; a path variable stands there as it is written.
        resourceName: `*/${method}${path}`,
      }),
    });
    // Where the target changes, with `trafficShift` or without it, nobody is called who may not be called yet.
    integration.addResourceDependency(permission);
  }
}

interface RouteParts {
  endpoint: IFunction;
  target: IFunction;
  integration: CfnIntegration;
  method: string;
  path: string;
  suffix: string;
}
