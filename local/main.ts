/**
 * `npm start`: the whole product on this machine. Reads PORT (8787; 0 takes any), STOWAGE_LOCAL_DIR (`.local`) and
 * STOWAGE_LOCAL_WEBHOOK (receivers of webhooks, separated by commas), prints `ready http://127.0.0.1:<port>` when everything answers, and stops on SIGINT or SIGTERM. Started through npm,
 * since npm puts this repository's own Node first on the path. DEBUG=1 shows where a failed start failed.
 */
const neededMajor = 24;

/** Longest the stop may take before the process ends anyway; what is answered by then is on disk. */
const stopMs = 4500;

if (Number(process.versions.node.split('.')[0]) < neededMajor) {
  console.error(
    `This needs Node ${neededMajor}, and this is ${process.version}. Run "npm start", which brings its own.`,
  );
  process.exit(1);
}

const stopping = Promise.withResolvers<void>();
process.on('SIGINT', () => stopping.resolve());
process.on('SIGTERM', () => stopping.resolve());

try {
  const [{ startCloud }, { loadFromEnv }, { webhooksFromEnv }, { startDemo }] = await Promise.all([
    import('./cloud.ts'),
    import('./dynamo/load.ts'),
    import('./webhook-secret.ts'),
    import('../demo/server.ts'),
  ]);
  const starting = startCloud({
    dir: process.env.STOWAGE_LOCAL_DIR || '.local',
    port: portFrom(process.env.PORT),
    echoErrors: true,
    ttlSweepMs: 60_000,
    startPages: startDemo,
    events: { webhooks: webhooksFromEnv(process.env.STOWAGE_LOCAL_WEBHOOK) },
    dynamoLoad: loadFromEnv(process.env),
    freeze: process.env.STOWAGE_LOCAL_FREEZE === '1',
  });
  const cloud = await Promise.race([starting, stopping.promise]);
  if (cloud) {
    process.stdout.write(`ready ${cloud.baseUrl}\n`);
    await stopping.promise;
  }
  setTimeout(() => process.exit(0), stopMs).unref();
  // Stopped while it was starting: what is half up is taken down once it stands.
  await (cloud ?? (await starting)).close();
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (process.env.DEBUG) console.error(error);
  process.exit(1);
}

function portFrom(text: string | undefined): number {
  if (text === undefined || text === '') return 8787;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`PORT is "${text}": it must be a port number, or 0 for any free one`);
}
