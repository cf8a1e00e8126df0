import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessLine } from '#local/gateway/access-log.ts';
import { accessLines, functionLines } from '#test/support/logs.ts';
import { endTestCloud, type Shape, startTestCloud, type TestCloud } from './app.ts';

const format = JSON.stringify({
  requestId: '$context.requestId',
  lambdaRequestId: '$context.integration.requestId',
  routeKey: '$context.routeKey',
  status: '$context.status',
  error: '$context.integration.error',
});

let cloud: TestCloud;
beforeAll(async () => {
  const change: Shape['change'] = (template) => {
    const stage = Object.values(template.Resources).find(({ Type }) => Type === 'AWS::ApiGatewayV2::Stage');
    if (!stage) throw new Error('The template has no stage');
    stage.Properties = { ...stage.Properties, AccessLogSettings: { DestinationArn: 'logs', Format: format } };
  };
  cloud = await startTestCloud({ shape: { change } });
});
afterAll(() => endTestCloud(cloud));

/** What the gateway wrote of one request, found by what its caller was told. */
async function lineOf(response: Response) {
  const requestId = response.headers.get('apigw-requestid');
  await expect.poll(() => accessLines(cloud.dir).some((line) => line.requestId === requestId)).toBe(true);
  return accessLines(cloud.dir).find((line) => line.requestId === requestId);
}

describe('the access log', () => {
  it('has a line in the template’s format for what a function answered', async () => {
    const line = await lineOf(await fetch(`${cloud.baseUrl}/do/pid`));
    expect(line).toMatchObject({ routeKey: 'GET /do/{what}', status: '200', error: '-' });
  });

  it.each([
    ['hang', 'timeout', 'Sandbox.Timedout'],
    ['exit', 'error', 'Runtime.ExitError'],
    ['throw', 'error', 'TypeError'],
  ])('leads by an answer’s id to what Lambda wrote of a function that ended in %s', async (how, status, errorType) => {
    const line = await lineOf(await fetch(`${cloud.baseUrl}/do/${how}`));
    expect(line).toMatchObject({ status: '500', error: expect.stringMatching(/\w+/) });
    const reports = () => functionLines(cloud.dir).filter(({ type }) => type === 'platform.report');
    const idOf = (record: unknown) => (record as { requestId: string }).requestId;
    // The function's log is another file than the gateway's, and may be a moment behind it.
    await expect
      .poll(() => reports().filter(({ record }) => idOf(record) === line?.lambdaRequestId))
      .toEqual([expect.objectContaining({ record: expect.objectContaining({ status, errorType }) })]);
  });

  it('has one for what no route matches, without a function', async () => {
    expect(await lineOf(await fetch(`${cloud.baseUrl}/nowhere`))).toMatchObject({
      routeKey: '-',
      status: '404',
      lambdaRequestId: '-',
    });
  });

  it('has none of this cloud’s own endpoints', async () => {
    const response = await fetch(`${cloud.baseUrl}/__local/drain`, { method: 'POST' });
    expect(response.status).toBe(200);
    const last = await lineOf(await fetch(`${cloud.baseUrl}/list`));
    expect(accessLines(cloud.dir).at(-1)).toEqual(last);
    expect(accessLines(cloud.dir).map(({ requestId }) => requestId)).not.toContain(
      response.headers.get('apigw-requestid'),
    );
  });

  it('does not start with a variable that the gateway does not have', () => {
    expect(() => accessLine('{"a":"$context.integration.requestID"}')).toThrow(/\$context\.integration\.requestID/);
  });
});
