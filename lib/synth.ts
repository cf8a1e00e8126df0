/** From settings to a template: bundles the functions, finds the layer, builds the stack. Offline once the layer is cached. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { type Bundle, bundleFunctions, type FunctionBundle } from './bundle.ts';
import type { StowageConfig } from './config.ts';
import { flatten } from './flatten.ts';
import { functionKeys, type RouteTable, routeTable } from './routes.ts';
import { buildSharpLayer } from './sharp-layer-build.ts';
import { StowageStack } from './stowage-stack.ts';

const root = resolve(import.meta.dirname, '..');

/** Metadata by which a template's function or layer says where its files are. Source: CDK docs, "Asset metadata". */
const assetPathKey = 'aws:asset:path';

export interface SynthOptions {
  config: StowageConfig;
  /**
   * The layer holds only its package.json: for the one-machine cloud, which resolves the layer's packages from
   * node_modules, and for tests. Nothing is installed then. Never deploy such a template.
   */
  localLayer?: boolean;
  /** Another route table and its files, for tests. */
  routes?: RouteTable;
  functionsRoot?: string;
  /** Bundles the functions; anew each time when left out. Folders that this gives are used where they are, not copied. */
  bundle?: Bundle;
}

/** One resource of the template, as far as readers of it care. */
export interface TemplateResource {
  Type: string;
  Properties?: Record<string, unknown>;
  Metadata?: Record<string, unknown>;
  DependsOn?: string | string[];
}

export interface Template {
  Resources: Record<string, TemplateResource>;
  Parameters?: Record<string, { Default?: unknown }>;
  Outputs?: Record<string, { Value: unknown }>;
}

export interface Synthesized {
  stackName: string;
  /** The stack and those nested in it as one; see `flatten.ts`. */
  template: Template;
  /** Each template as it is deployed, the root as `root`, a nested one by its logical id. */
  parts: Readonly<Record<string, Template>>;
  /** The cloud assembly: templates, asset manifest and assets. */
  outdir: string;
  /** What went into each function, by the key of its row. */
  bundles: Readonly<Record<string, FunctionBundle>>;
  /** Absolute folder of a function's code or a layer's files, by logical id. Throws for a resource without an asset. */
  assetPath(logicalId: string): string;
}

/**
 * Adds the stack to an app. Bundles are written below the app's output folder, beside the assets made from them.
 * @throws MissingEndpointError, LayerBuildError: each says what to do
 */
export async function addStowage(
  app: App,
  options: SynthOptions,
): Promise<{ stack: StowageStack; bundles: Record<string, FunctionBundle> }> {
  const { config, localLayer = false, routes = routeTable, functionsRoot = join(root, 'functions') } = options;
  const { bundle = bundleFunctions } = options;
  const bundles = await bundle({
    keys: functionKeys(routes),
    functionsRoot,
    outdir: join(app.outdir, 'functions'),
  });
  const layerSource = join(root, 'layers/sharp');
  const stack = new StowageStack(app, {
    config,
    routes,
    codeDirs: Object.fromEntries(Object.entries(bundles).map(([key, { dir }]) => [key, dir])),
    layerDir: () => (localLayer ? layerSource : buildSharpLayer(layerSource, join(root, '.cache/layers'))),
  });
  return { stack, bundles };
}

/**
 * Synthesizes in this process, without the CDK command, account or network: for the one-machine cloud and for tests.
 * The template is the one `cdk synth` writes, with the layer's content as the only difference (`localLayer`).
 * @param options.outdir folder for the cloud assembly
 * @param options.validate false skips CloudFormation's rules, which take about a second, where nothing will be deployed
 */
export async function synthesize(options: SynthOptions & { outdir: string; validate?: boolean }): Promise<Synthesized> {
  const outdir = resolve(options.outdir);
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };
  const app = new App({
    outdir,
    analyticsReporting: false,
    builtinCloudFormationValidation: options.validate ?? true,
    context: {
      ...context,
      'aws:cdk:enable-asset-metadata': true,
      'aws:cdk:disable-asset-staging': options.bundle !== undefined,
    },
  });
  const { stack, bundles } = await addStowage(app, options);
  const artifact = app.synth().getStackArtifact(stack.artifactId);
  const assetOf = (logicalId: string, resource: TemplateResource | undefined) => {
    const path = resource?.Metadata?.[assetPathKey];
    if (typeof path !== 'string') throw new Error(`The template has no asset for '${logicalId}'`);
    return resolve(outdir, path);
  };
  const { template, parts } = flatten(
    artifact.template as Template,
    (logicalId, resource) => JSON.parse(readFileSync(assetOf(logicalId, resource), 'utf8')) as Template,
  );
  return {
    stackName: stack.stackName,
    template,
    parts,
    outdir,
    bundles,
    assetPath: (logicalId) => assetOf(logicalId, template.Resources[logicalId]),
  };
}
