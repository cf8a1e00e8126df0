/**
 * All instances of one function: as many as invocations are under way, up to a limit, each busy with one at a time.
 * Differs from AWS: at the limit an invocation waits instead of being throttled, since a laptop's limit is about its
 * cores and not about the account.
 */
import { randomUUID } from 'node:crypto';
import { type Instance, type InvokeResult, startInstance } from './instance.ts';
import { maxPayloadBytes } from './protocol.ts';

export interface PoolOptions {
  name: string;
  /** Starts one more instance. */
  start: () => Instance;
  maxInstances: number;
  /** An instance that was idle this long is ended; one that is idle beside another much sooner, after a tenth of it. */
  idleMs: number;
}

export interface Pool {
  /** Runs the function on a JSON value. Never rejects. */
  invoke(event: unknown, requestId?: string): Promise<InvokeResult>;
  /** Highest resident memory any instance has had, bytes; 0 when it never ran or the platform does not tell. */
  peakRssBytes(): number;
  instanceCount(): number;
  /** Ends every instance; invocations under way fail as crashes. */
  close(): Promise<void>;
}

export { startInstance };

/** Creates an empty pool: the first invocation starts the first instance. */
export function createPool(options: PoolOptions): Pool {
  const idle: { instance: Instance; timer: NodeJS.Timeout }[] = [];
  const alive = new Set<Instance>();
  const waiting: (() => void)[] = [];
  let running = 0;
  let closed = false;
  let peak = 0;

  function take(): Instance {
    for (let entry = idle.pop(); entry; entry = idle.pop()) {
      clearTimeout(entry.timer);
      if (entry.instance.isAlive()) return entry.instance;
      alive.delete(entry.instance);
    }
    const instance = options.start();
    alive.add(instance);
    return instance;
  }

  function giveBack(instance: Instance): void {
    peak = Math.max(peak, instance.peakRssBytes());
    if (!instance.isAlive()) {
      alive.delete(instance);
      return;
    }
    const timer = setTimeout(
      () => {
        idle.splice(
          idle.findIndex((entry) => entry.instance === instance),
          1,
        );
        alive.delete(instance);
        void instance.kill();
      },
      idle.length === 0 ? options.idleMs : options.idleMs / 10,
    );
    timer.unref();
    idle.push({ instance, timer });
  }

  return {
    async invoke(event, requestId = randomUUID()) {
      const text = JSON.stringify(event);
      if (Buffer.byteLength(text) > maxPayloadBytes) {
        const errorMessage = `${Buffer.byteLength(text)} byte payload is too large for the Invoke operation (limit ${maxPayloadBytes} bytes)`;
        return { ok: false, kind: 'too-large', error: { errorType: 'RequestEntityTooLargeException', errorMessage } };
      }
      if (running >= options.maxInstances) await new Promise<void>((resolve) => waiting.push(resolve));
      else running += 1;
      try {
        if (closed) {
          const error = { errorType: 'Runtime.Shutdown', errorMessage: `${options.name} was shut down` };
          return { ok: false, kind: 'crash', error };
        }
        const instance = take();
        const result = await instance.invoke(text, requestId);
        giveBack(instance);
        return result;
      } finally {
        const next = waiting.shift();
        if (next) next();
        else running -= 1;
      }
    },
    peakRssBytes: () => [...alive].reduce((most, instance) => Math.max(most, instance.peakRssBytes()), peak),
    instanceCount: () => alive.size,
    async close() {
      closed = true;
      for (const { timer } of idle) clearTimeout(timer);
      await Promise.all([...alive].map((instance) => instance.kill()));
    },
  };
}
