/**
 * Runs inside an instance: loads the handler and answers one invocation after the other. Differs from AWS: the AWS SDK is
 * not provided by the runtime. What the code asset and its layers do not bring cannot be imported, even where this
 * repository has it.
 */
import { createRequire, flushCompileCache, registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BootArgument, FunctionError, InstanceMessage, InvokeMessage } from './protocol.ts';

type Handler = (event: unknown, context: Record<string, unknown>) => unknown;

delete process.env.NODE_COMPILE_CACHE;
const boot = JSON.parse(process.argv.pop() ?? '{}') as BootArgument;

/** Bare names of the function's own modules come from its layers or not at all, for `import` and `require` alike. */
registerHooks({
  resolve(specifier, context, next) {
    const bare = /^(?![./#])(?!\w+:)/.test(specifier);
    if (!bare || !context.parentURL?.startsWith('file:')) return next(specifier, context);
    const parent = fileURLToPath(context.parentURL);
    const own = parent.startsWith(boot.taskRoot + path.sep) && !parent.includes(`${path.sep}node_modules${path.sep}`);
    if (!own || process.getBuiltinModule(specifier)) return next(specifier, context);
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    const from = boot.packages[name];
    if (!from) {
      const error = new Error(`Cannot find package '${name}': neither the code nor a layer of this function has it`);
      throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' });
    }
    const parentURL = pathToFileURL(path.join(from, 'index.js')).href;
    // `require` resolves from the module that called it, whatever parent it is told.
    if (!context.conditions.includes('require')) return next(specifier, { ...context, parentURL });
    return { url: pathToFileURL(createRequire(parentURL).resolve(specifier)).href, shortCircuit: true };
  },
});

function send(message: InstanceMessage, then?: () => void): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => then?.());
  else process.exit(1);
}

function describe(error: unknown): FunctionError {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message }
    : { errorType: typeof error, errorMessage: String(error) };
}

function die(errorType: string, error: unknown): void {
  console.error(error);
  send({ type: 'error', error: { ...describe(error), errorType }, fatal: true }, () => process.exit(129));
}

process.on('uncaughtException', (error) => die('Runtime.UncaughtException', error));
process.on('unhandledRejection', (error) => die('Runtime.UnhandledPromiseRejection', error));
process.on('disconnect', () => process.exit(0));

async function load(): Promise<Handler> {
  const module = (await import(pathToFileURL(boot.handlerFile).href)) as Record<string, unknown>;
  const commonJs = module.default as Record<string, unknown> | undefined;
  const handler = module[boot.handlerExport] ?? commonJs?.[boot.handlerExport];
  if (typeof handler !== 'function') throw new Error(`${boot.handlerExport} is undefined or not exported`);
  if (handler.length > 2) throw new Error('Callback handlers are not supported by nodejs24.x');
  return handler as Handler;
}

function contextOf(message: InvokeMessage): Record<string, unknown> {
  const { env } = process;
  return {
    awsRequestId: message.requestId,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, message.deadlineMs - Date.now()),
  };
}

async function invoke(handler: Handler, message: InvokeMessage): Promise<void> {
  try {
    const value = await handler(JSON.parse(message.event), contextOf(message));
    send({ type: 'result', result: JSON.stringify(value) ?? 'null' });
  } catch (error) {
    console.error(error);
    send({ type: 'error', error: describe(error), fatal: false });
  }
}

load().then(
  (handler) => {
    process.on('message', (message) => void invoke(handler, message as InvokeMessage));
    send({ type: 'ready' });
    // Not at the end of the process, which is killed; entries that are there already are not written again.
    flushCompileCache();
  },
  (error) => die('Runtime.ImportModuleError', error),
);
