/** From settings to a template: bundles the functions, finds the layer, builds the stack. Offline once the layer is cached. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, type IPolicyValidationPlugin, Validations } from 'aws-cdk-lib';
import { type Bundle, bundleFunctions, type FunctionBundle } from './bundle.ts';
import { ConfigError, type StowageConfig } from './config.ts';
import { NestedTemplates } from './nested-templates.ts';
import { functionKeys, type RouteTable, routeTable } from './routes.ts';
import { buildSharpLayer } from './sharp-layer-build.ts';
import { StowageStack } from './stowage-stack.ts';

const root = resolve(import.meta.dirname, '..');

/** Metadata by which a template's function or layer says where its files are. Source: CDK docs, "Asset metadata". */
const assetPathKey = 'aws:asset:path';

/** The resource of a nested stack; its asset is its template. */
const nestedStackType = 'AWS::CloudFormation::Stack';

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
  /** False skips CloudFormation's rules, which take about a second, where nothing will be deployed. */
  validate?: boolean;
  /** What else judges the constructs while they are synthesized; called when the stack is made. */
  checks?: (app: App) => IPolicyValidationPlugin[];
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
  Description?: string;
  Parameters?: Record<string, { Type: string; Default?: unknown }>;
  Resources: Record<string, TemplateResource>;
  Outputs?: Record<string, { Value: unknown }>;
}

/** A stack, or one nested in it: the template and where what it deploys lies. */
export interface StackSource {
  template: Template;
  /** Absolute folder of a function's code or a layer's files, by logical id. Throws for a resource without an asset. */
  assetPath(logicalId: string): string;
  /** The stacks nested in this one, by the logical id of their resource here. */
  nested: Readonly<Record<string, StackSource>>;
}

export interface Synthesized extends StackSource {
  stackName: string;
  /** Not in the template: the CDK turns it on after the deployment. */
  terminationProtection: boolean;
  /** The cloud assembly: template, asset manifest and assets. */
  outdir: string;
  /** What went into each function, by the key of its row. */
  bundles: Readonly<Record<string, FunctionBundle>>;
}

/**
 * Adds the stack to an app. Bundles are written below the app's output folder, beside the assets made from them.
 * @throws MissingEndpointError, LayerBuildError, ConfigError: each says what to do
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
    mapsDir: join(app.outdir, 'source-maps'),
  });
  const own = config.events?.webhooks.find(({ url }) => url.startsWith('http:'));
  if (own && !localLayer) {
    const message = `${own.url} is on this machine, which no deployed function reaches: write an https URL`;
    throw new ConfigError('Deploy settings', [{ setting: 'events.webhooks', message }]);
  }
  const layerSource = join(root, 'layers/sharp');
  const stack = new StowageStack(app, {
    config,
    routes,
    codeDirs: Object.fromEntries(Object.entries(bundles).map(([key, { dir }]) => [key, dir])),
    local: localLayer,
    layerDir: () => (localLayer ? layerSource : buildSharpLayer(layerSource, join(root, '.cache/layers'))),
  });
  const checks = [...(options.validate === false ? [] : [new NestedTemplates()]), ...(options.checks?.(app) ?? [])];
  if (checks.length > 0) Validations.of(app).addPlugins(...checks);
  return { stack, bundles };
}

/**
 * Synthesizes in this process, without the CDK command, account or network: for the one-machine cloud and for tests.
 * The template is the one `cdk synth` writes, with the layer's content as the only difference (`localLayer`).
 * @param options.outdir folder for the cloud assembly
 */
export async function synthesize(options: SynthOptions & { outdir: string }): Promise<Synthesized> {
  const outdir = resolve(options.outdir);
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> };
  const app = new App({
    outdir,
    analyticsReporting: false,
    builtinCloudFormationValidation: options.validate ?? true,
    // For who reads an assembly by hand, and that one `cdk synth` writes: a third of the time until a one-machine cloud stands.
    stackTraces: false,
    treeMetadata: false,
    context: {
      ...context,
      'aws:cdk:disable-creation-stack-traces': true,
      'aws:cdk:enable-asset-metadata': true,
      'aws:cdk:disable-asset-staging': options.bundle !== undefined,
    },
  });
  const { stack, bundles } = await addStowage(app, options);
  const { templateFile } = app.synth().getStackArtifact(stack.artifactId);
  const { stackName, terminationProtection = false } = stack;
  return { stackName, terminationProtection, outdir, bundles, ...stackSource(outdir, templateFile) };
}

/** Reads a template of the assembly, and those nested in it. */
function stackSource(outdir: string, file: string): StackSource {
  const template = JSON.parse(readFileSync(join(outdir, file), 'utf8')) as Template;
  const assetOf = (logicalId: string) => template.Resources[logicalId]?.Metadata?.[assetPathKey];
  const stacks = Object.entries(template.Resources).filter(([, { Type }]) => Type === nestedStackType);
  return {
    template,
    assetPath(logicalId) {
      const path = assetOf(logicalId);
      if (typeof path !== 'string') throw new Error(`The template has no asset for '${logicalId}'`);
      return resolve(outdir, path);
    },
    nested: Object.fromEntries(stacks.map(([id]) => [id, stackSource(outdir, String(assetOf(id)))])),
  };
}
