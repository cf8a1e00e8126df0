/**
 * One execution environment: a process of its own that runs one invocation at a time. Differs from AWS: the
 * memory limit is on resident memory sampled ten times a second, so a shorter peak passes; start-up may take 30 s
 * instead of 10 s, since a laptop starts many instances at once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { residentBytes } from './memory.ts';
import { type BootArgument, type FunctionError, type InstanceMessage, maxPayloadBytes } from './protocol.ts';

/** `kind` tells a handler that threw from an instance that was lost, a payload that never fitted, or a pool that closed. */
export type InvokeResult =
  | { ok: true; payload: string }
  | { ok: false; kind: 'error' | 'crash' | 'timeout' | 'too-large'; error: FunctionError };

export interface InstanceOptions {
  boot: BootArgument;
  environment: Record<string, string>;
  functionArn: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** Stops the process whenever it has nothing to answer, as Lambda does: what a handler leaves behind waits for the next event. */
  freeze: boolean;
  /** One line of the function's output. */
  onOutput(line: string, isError: boolean): void;
}

export interface Instance {
  /** Never rejects. After anything but a result or a thrown error the instance is dead. */
  invoke(event: string, requestId: string): Promise<InvokeResult>;
  isAlive(): boolean;
  peakRssBytes(): number;
  /** Ends the process at once; resolves when it is gone. */
  kill(): Promise<void>;
}

const startTimeoutMs = 30_000;

/** Every instance compiles the same code again; what one has compiled, the next reads. The function does not see it. */
const compileCache = path.resolve(import.meta.dirname, '../../.cache/compile');

/** Starts the process; it loads the handler while the first invocation is already on its way. */
export function startInstance(options: InstanceOptions): Instance {
  const child = spawn(
    process.execPath,
    [
      // As the managed runtime divides its memory: 90 % old space, 5 % new space in two halves.
      `--max-old-space-size=${Math.floor(options.memoryMb * 0.9)}`,
      `--max-semi-space-size=${Math.max(1, Math.floor(options.memoryMb * 0.025))}`,
      path.join(import.meta.dirname, 'bootstrap.ts'),
      JSON.stringify(options.boot),
    ],
    {
      env: { ...options.environment, NODE_COMPILE_CACHE: compileCache },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      cwd: options.boot.taskRoot,
    },
  );
  const { onOutput } = options;
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => onOutput(line, /"level":"(ERROR|FATAL)"/.test(line)));
  }
  if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => onOutput(line, true));

  let peak = 0;
  let settle: ((result: InvokeResult) => void) | undefined;
  let ended: InvokeResult | undefined;
  const ready = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();

  function end(kind: 'crash' | 'timeout', errorType: string, errorMessage: string): void {
    ended ??= { ok: false, kind, error: { errorType, errorMessage } };
    settle?.(ended);
    ready.resolve();
    child.kill('SIGKILL');
  }

  function sample(): void {
    const memory = child.pid === undefined ? undefined : residentBytes(child.pid);
    if (!memory) return;
    peak = Math.max(peak, memory.peak);
    if (memory.current > options.memoryMb * 1024 * 1024) {
      end('crash', 'Runtime.OutOfMemory', `Instance used more than its ${options.memoryMb} MB`);
    }
  }

  child.on('message', (message: InstanceMessage) => {
    if (message.type === 'ready') ready.resolve();
    else if (message.type === 'result') settle?.(checked(message.result));
    else if (message.fatal) end('crash', message.error.errorType, message.error.errorMessage);
    else settle?.({ ok: false, kind: 'error', error: message.error });
  });
  child.on('error', (error) => end('crash', 'Runtime.StartError', error.message));
  child.on('exit', (code, signal) => {
    end('crash', 'Runtime.ExitError', `Runtime exited with ${signal ? `signal ${signal}` : `status ${code}`}`);
    gone.resolve();
  });

  return {
    async invoke(event, requestId) {
      const start = setTimeout(() => end('timeout', 'Sandbox.Timedout', 'Initialization timed out'), startTimeoutMs);
      if (options.freeze) child.kill('SIGCONT');
      await ready.promise;
      clearTimeout(start);
      if (ended) return ended;
      const { promise, resolve } = Promise.withResolvers<InvokeResult>();
      settle = resolve;
      const timer = setTimeout(() => {
        end('timeout', 'Sandbox.Timedout', `Task timed out after ${options.timeoutSeconds.toFixed(2)} seconds`);
      }, options.timeoutSeconds * 1000);
      const sampler = setInterval(sample, 100);
      send(child, {
        requestId,
        event,
        functionArn: options.functionArn,
        deadlineMs: Date.now() + options.timeoutSeconds * 1000,
      });
      const result = await promise;
      settle = undefined;
      clearTimeout(timer);
      clearInterval(sampler);
      sample();
      if (options.freeze && !ended) child.kill('SIGSTOP');
      return result;
    },
    isAlive: () => ended === undefined && child.connected,
    peakRssBytes: () => peak,
    kill() {
      end('crash', 'Runtime.Shutdown', 'The instance was shut down');
      return gone.promise;
    },
  };
}

function checked(payload: string): InvokeResult {
  if (Buffer.byteLength(payload) <= maxPayloadBytes) return { ok: true, payload };
  const errorMessage = 'Response payload size exceeded maximum allowed payload size (6291456 bytes).';
  return { ok: false, kind: 'error', error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
}

function send(child: ChildProcess, message: object): void {
  // A failed send means the process is going; its exit settles the invocation.
  child.send(message, () => undefined);
}
