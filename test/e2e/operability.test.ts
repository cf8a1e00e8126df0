import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeMetrics, groupMetrics, metricNamespace, serviceMetrics } from '#functions/metric-names.ts';
import { routeGroups } from '#functions/routes.ts';
import { accessLines, emfLines, functionLines, metricKey, metricsOf } from '#test/support/logs.ts';
import { type Answer, formOf, openCloud } from './support.ts';

const service = 'stowage-local';
const text = 'twelve bytes';
let opened: Awaited<ReturnType<typeof openCloud>>;
beforeAll(async () => {
  opened = await openCloud();
});
afterAll(() => opened?.close());

const stowage = () => opened.stowage;
const token = () => stowage().dev.userToken;
const upload = () =>
  stowage().call('POST', '/v1/upload/private', {
    token: token(),
    body: formOf({ bytes: Buffer.from(text), name: 'a.txt', type: 'text/plain' }),
  });
const idOf = ({ headers }: Answer) => headers.get('x-request-id') ?? '';
/** Lines arrive through a pipe, after the answer. */
async function linesOf(requestId: string) {
  await expect.poll(() => emfLines(opened.dir).filter((line) => line.requestId === requestId).length).toBe(1);
  return functionLines(opened.dir).filter((line) => line.requestId === requestId);
}
const metricsOfRequest = async (answer: Answer) => {
  await linesOf(idOf(answer));
  return metricsOf(emfLines(opened.dir).filter((line) => line.requestId === idOf(answer)));
};
const of = (name: string, dimensions: Record<string, string> = {}) =>
  metricKey(metricNamespace, name, { service, ...dimensions });

describe('one line of metrics a request', () => {
  it('tells of an upload: how long, how many bytes, and what it waited for', async () => {
    const metrics = await metricsOfRequest(await upload());
    expect(metrics.get(of('Uploads'))).toEqual([1]);
    expect(metrics.get(of('UploadedBytes'))).toEqual([text.length]);
    for (const name of ['TableTime', 'BucketTime']) expect(metrics.get(of(name))?.[0], name).toBeGreaterThan(0);
    expect(metrics.get(of('Latency', { group: 'uploads' }))?.[0]).toBeGreaterThan(0);
    expect(metrics.get(of('BucketFailures'))).toBeUndefined();
  });

  it('tells with which code a request was refused, also where no route matched', async () => {
    const refused = await metricsOfRequest(await stowage().call('GET', '/v1/upload', { token: 'nobody' }));
    expect(refused.get(of('Refusals', { code: 'unauthorized' }))).toEqual([1]);
    expect(refused.has(of('Latency', { group: 'reads' }))).toBe(true);
    const unmatched = await metricsOfRequest(await stowage().call('GET', '/no/such/path'));
    expect(unmatched.get(of('Refusals', { code: 'not_found' }))).toEqual([1]);
    expect(unmatched.has(of('Latency', { group: 'other' }))).toBe(true);
  });

  it('is written once where one function answers for another', async () => {
    const metrics = await metricsOfRequest(await stowage().call('GET', '/v1/upload/', { token: token() }));
    expect(metrics.has(of('Latency', { group: 'reads' }))).toBe(true);
    expect(metrics.has(of('Latency', { group: 'other' }))).toBe(false);
  });

  it('is written when R2 does not answer, and tells that', async () => {
    opened.cloud.faults.r2 = () => 'reset';
    const answer = await upload().finally(() => {
      opened.cloud.faults.r2 = undefined;
    });
    expect(answer.status).toBe(503);
    const metrics = await metricsOfRequest(answer);
    expect(metrics.get(of('BucketFailures'))?.[0]).toBeGreaterThan(0);
    expect(metrics.get(of('Refusals', { code: 'temporarily_unavailable' }))).toEqual([1]);
    expect(metrics.has(of('Uploads'))).toBe(false);
  });

  it('is written by workers, and counts the runs of reconcile', async () => {
    const { ran } = await stowage().drain();
    const [runs = 0] = Object.entries(ran).flatMap(([name, count]) => (/WorkersReconcile/.test(name) ? count : []));
    expect(runs).toBeGreaterThan(0);
    const counted = () => metricsOf(emfLines(opened.dir)).get(of('ReconcileRuns'));
    await expect.poll(counted).toEqual(Array(runs).fill(1));
    expect(metricsOf(emfLines(opened.dir)).has(of('Latency', { group: 'workers' }))).toBe(true);
  });

  it('has names, dimensions and values that are bounded, and nothing secret in it', async () => {
    const lines = emfLines(opened.dir);
    const names = { ...groupMetrics, ...serviceMetrics, ...codeMetrics };
    for (const line of lines) {
      for (const { Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
        for (const { Name, Unit } of Metrics) expect(names).toHaveProperty(Name, Unit);
        expect([['service'], ['service', 'group'], ['service', 'code']]).toContainEqual(Dimensions[0]);
        expect(Dimensions).toHaveLength(1);
      }
      expect([...routeGroups, 'workers']).toContain(line.group);
      const known = [...Object.keys(names), '_aws', 'service', 'group', 'code', 'requestId', 'awsRequestId'];
      expect(Object.keys(line).filter((key) => !known.includes(key))).toEqual([]);
    }
    const { userId, userToken, developerKey } = stowage().dev;
    const written = JSON.stringify(lines);
    for (const secret of [userId, userToken, developerKey]) expect(written).not.toContain(secret);
  });
});

describe('from an answer’s x-request-id', () => {
  it('one finds the gateway’s line, and by it all of the function', async () => {
    const requestId = idOf(await upload());
    const lines = await linesOf(requestId);
    // Written after the answer, too.
    const accessOf = () => accessLines(opened.dir).find((line) => line.requestId === requestId);
    await expect.poll(accessOf).toBeDefined();
    const access = accessOf();
    expect(access).toMatchObject({ routeKey: 'POST /v1/upload/private', status: '200', functionStatus: '200' });
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines) expect(line.awsRequestId).toBe(access?.lambdaRequestId);
    const platform = () =>
      functionLines(opened.dir)
        .filter(({ record }) => (record as { requestId?: string } | undefined)?.requestId === access?.lambdaRequestId)
        .map(({ type }) => type);
    await expect.poll(platform).toEqual(['platform.start', 'platform.report']);
  });

  it('and every line of a function, worker or not, says which invocation it belongs to', () => {
    const lines = functionLines(opened.dir).filter(({ type }) => type === undefined);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter(({ awsRequestId }) => !/^[0-9a-f-]{36}$/.test(String(awsRequestId)))).toEqual([]);
  });
});
