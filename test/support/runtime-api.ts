/**
 * Lambda's side of a function's start: the Runtime API on a socket, and the process that AWS's client makes of the code.
 * Source: Lambda developer guide, "Using the Lambda runtime API".
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { closeServer, listen } from '#local/listen.ts';

/** What the client tells of an error, in a function or before there is one. */
export interface ReportedError {
  errorType: string;
  errorMessage: string;
}

export type Outcome = { ok: true; payload: string } | { ok: false; error: ReportedError };

export interface Runtime {
  /** Hands over one event; resolves with what the function returned or threw. */
  invoke(event: unknown, requestId?: string): Promise<Outcome>;
  /** Resolves when the function was loaded and asks for work, or with what kept it from that. */
  started: Promise<'ready' | ReportedError>;
  /** Exit code of the process; resolves when it is gone. */
  exited: Promise<number | null>;
  /** What it has printed. */
  output(): string;
  close(): Promise<void>;
}

export interface RuntimeOptions {
  /** Of the runtime interface client. */
  client: string;
  codeDir: string;
  handler: string;
  functionArn: string;
  timeoutSeconds: number;
  environment: Record<string, string>;
}

const api = '/2018-06-01/runtime';

/** Starts the Runtime API and the function's process below it. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const waiting: { id: string; event: unknown }[] = [];
  const open = new Map<string, (outcome: Outcome) => void>();
  const started = Promise.withResolvers<'ready' | ReportedError>();
  let next: ServerResponse | undefined;

  function hand(): void {
    if (!next || waiting.length === 0) return;
    const { id, event } = waiting.shift() as { id: string; event: unknown };
    next.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': id,
      'lambda-runtime-deadline-ms': String(Date.now() + options.timeoutSeconds * 1000),
      'lambda-runtime-invoked-function-arn': options.functionArn,
    });
    next.end(JSON.stringify(event));
    next = undefined;
  }

  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    if (request.method === 'GET' && path === `${api}/invocation/next`) {
      next = response;
      started.resolve('ready');
      return hand();
    }
    const body = await text(request);
    const [, id = '', what] = /\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (path === `${api}/init/error`) started.resolve(JSON.parse(body) as ReportedError);
    else if (what === 'response') open.get(id)?.({ ok: true, payload: body });
    else if (what === 'error') open.get(id)?.({ ok: false, error: JSON.parse(body) as ReportedError });
    else return void response.writeHead(404).end();
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  });
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 });

  const child = spawn(process.execPath, [options.client, options.handler], {
    cwd: options.codeDir,
    env: { ...options.environment, AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  exited.then((code) => {
    const error = { errorType: 'Runtime.ExitError', errorMessage: `Exited with ${code}: ${output}` };
    started.resolve(error);
    for (const settle of open.values()) settle({ ok: false, error });
  });

  return {
    async invoke(event, requestId = randomUUID()) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      open.set(requestId, resolve);
      waiting.push({ id: requestId, event });
      hand();
      return promise.finally(() => open.delete(requestId));
    },
    started: started.promise,
    exited,
    output: () => output,
    async close() {
      child.kill('SIGKILL');
      await exited;
      await closeServer(server);
    },
  };
}
