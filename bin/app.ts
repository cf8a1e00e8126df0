/** CDK entry: `npx cdk synth -c stage=<name>`. Settings: lib/config.ts. */
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { loadConfig } from '#lib/config.ts';
import { addStowage } from '#lib/synth.ts';

const app = new App();
const root = join(import.meta.dirname, '..');
try {
  const config = loadConfig({
    stage: app.node.tryGetContext('stage'),
    stages: app.node.tryGetContext('stowage'),
    root,
  });
  await addStowage(app, { config });
  app.synth();
} catch (error) {
  // A wrong setting, a missing file or an unreachable registry is explained by its message; a stack trace would bury it.
  const explained =
    error instanceof Error && ['ConfigError', 'MissingEndpointError', 'LayerBuildError'].includes(error.name);
  console.error(explained ? error.message : error);
  process.exitCode = 1;
}
