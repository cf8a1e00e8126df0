/**
 * A stack and the stacks nested in it, as CloudFormation deploys them: each template is resolved for itself, with the
 * parameters that the stack around it passes, and gives back its outputs. Differs from AWS: nothing is created, so what
 * depends on itself in a circle is found when it is asked for.
 */
import { arn } from '../aws.ts';
import { templateFaults } from '../deploy-rules/template-rules.ts';
import { type Addresses, attributeOf, nameProperty, stackId } from './attributes.ts';
import { type CfnResource, type CfnTemplate, createResolver, type Resolver } from './intrinsics.ts';
import type { Resource } from './model.ts';
import { functionNameOf } from './parse.ts';

export const nestedStackType = 'AWS::CloudFormation::Stack';

export interface StackSource {
  template: CfnTemplate;
  /** Directory of a function's code or a layer's files, by logical id; throws when the resource has none. */
  assetPath(logicalId: string): string;
  /** The stacks nested in this one, by the logical id of their resource; none when left out. */
  nested?: Readonly<Record<string, StackSource>>;
}

/** A resource with what the readers need beside its properties. */
export interface LocatedResource extends Resource {
  /** Physical name. */
  name: string;
  /** What `Ref` gives, by which resources of other templates name this one. */
  ref: string;
  /** Directory of its code or files; throws when it has none. */
  assetPath(): string;
}

export interface StackSettings {
  stackName: string;
  addresses: Addresses;
  /** Values of secrets by name. */
  secrets: Record<string, string>;
}

interface OpenStack {
  /** Every resource of this template that its conditions leave in, and of those nested in it, unresolved. */
  present(): { logicalId: string; resource: CfnResource; stack: OpenStack }[];
  locate(logicalId: string, resource: CfnResource): LocatedResource;
  output(name: string, where: string): unknown;
  faults(): string[];
}

export interface OpenStacks {
  present: { logicalId: string; type: string; locate(): LocatedResource }[];
  /** What CloudFormation refuses about the templates themselves. */
  faults: string[];
}

/** Opens a stack with everything nested in it. Nothing is resolved before it is located. */
export function openStacks(source: StackSource, settings: StackSettings): OpenStacks {
  const root = open({ source, settings, prefix: '', passed: {}, evaluate: (value) => value });
  const present = root.present().map(({ logicalId, resource, stack }) => ({
    logicalId,
    type: resource.Type,
    locate: () => stack.locate(logicalId, resource),
  }));
  return { present, faults: root.faults() };
}

interface OpenOptions {
  source: StackSource;
  settings: StackSettings;
  /** Tells ids of nested stacks apart where an id is all there is. Empty for the root, whose ids outlive restarts. */
  prefix: string;
  /** Parameters as the stack around it writes them, and how it evaluates them. */
  passed: Record<string, unknown>;
  evaluate(value: unknown, where: string): unknown;
}

function open({ source, settings, prefix, passed, evaluate }: OpenOptions): OpenStack {
  const { template } = source;
  const { stackName } = settings;
  const resolving = new Set<string>();
  const resolver: Resolver = createResolver({ ...settings, template, attribute, parameter });
  const nested = new Map(
    Object.entries(source.nested ?? {}).map(([logicalId, child]) => [logicalId, openNested(logicalId, child)]),
  );

  function openNested(logicalId: string, child: StackSource): OpenStack {
    const { Parameters = {} } = template.Resources[logicalId]?.Properties ?? {};
    return open({
      source: child,
      settings: { ...settings, stackName: `${stackName}-${logicalId}` },
      prefix: `${prefix}${logicalId}.`,
      passed: Parameters as Record<string, unknown>,
      evaluate: resolver.resolve,
    });
  }

  function parameter(name: string): unknown {
    if (!(name in passed)) return undefined;
    return once(`parameter ${name}`, () => {
      const value = evaluate(passed[name], `${stackName}.${name}`);
      if (typeof value !== 'object') return String(value);
      throw new Error(`${stackName}: the parameter ${name} is given a list or an object instead of text`);
    });
  }

  /** CloudFormation refuses a circle when it orders the resources; here it would never end. */
  function once<Result>(what: string, resolve: () => Result): Result {
    if (resolving.has(what)) throw new Error(`${stackName}: the ${what} depends on itself`);
    resolving.add(what);
    try {
      return resolve();
    } finally {
      resolving.delete(what);
    }
  }

  function nameOf(logicalId: string): string {
    const resource = template.Resources[logicalId];
    const property = resource && nameProperty[resource.Type];
    const explicit = property ? resource.Properties?.[property] : undefined;
    // The name of a FIFO queue ends so, also where CloudFormation makes it.
    const end = resource?.Properties?.FifoQueue === true ? '.fifo' : '';
    if (explicit === undefined) return `${stackName}-${logicalId}${end}`;
    return String(resolver.resolve(explicit, `${logicalId}.${property}`));
  }

  function attribute(logicalId: string, name: string | undefined): string | undefined {
    const resource = template.Resources[logicalId];
    if (!resource) return undefined;
    const inner = nested.get(logicalId);
    if (inner && name === undefined) return stackId(`${stackName}-${logicalId}`);
    if (inner && name?.startsWith('Outputs.')) return String(inner.output(name.slice('Outputs.'.length), logicalId));
    // Routes name their integration by its id, roles name themselves in policies: everything else has its own form.
    if (resource.Type === 'AWS::Lambda::Alias' && name === undefined) return aliasArn(logicalId, resource);
    const id = `${prefix}${logicalId}`;
    return attributeOf(
      { logicalId: id, resource, name: nameProperty[resource.Type] ? nameOf(logicalId) : id },
      name,
      settings.addresses,
    );
  }

  /** Named by its function's name, which may be that of another resource. */
  function aliasArn(logicalId: string, { Properties = {} }: CfnResource): string {
    const { FunctionName, Name } = resolver.resolve(Properties, logicalId) as Record<string, unknown>;
    return `${arn('lambda', `function:${functionNameOf(String(FunctionName))}`)}:${Name}`;
  }

  const stack: OpenStack = {
    present: () =>
      Object.entries(template.Resources)
        .filter(([, resource]) => resolver.condition(resource.Condition))
        .flatMap(([logicalId, resource]) => [
          { logicalId, resource, stack },
          ...(nested.get(logicalId)?.present() ?? []),
        ]),
    locate: (logicalId, resource) => ({
      logicalId,
      type: resource.Type,
      name: nameOf(logicalId),
      ref: attribute(logicalId, undefined) ?? logicalId,
      properties: resolver.resolve(resource.Properties ?? {}, logicalId),
      assetPath: () => source.assetPath(logicalId),
    }),
    output(name, where) {
      const found = template.Outputs?.[name];
      if (!found) throw new Error(`${where}: the nested stack has no output ${name}`);
      return once(`output ${name}`, () => resolver.resolve(found.Value, `Outputs.${name}`));
    },
    faults: () => [
      ...templateFaults({ stackName, template, passed: prefix === '' ? undefined : Object.keys(passed) }),
      ...[...nested.values()].flatMap((inner) => inner.faults()),
    ],
  };
  const missing = Object.entries(template.Resources).filter(
    ([id, { Type }]) => Type === nestedStackType && !nested.has(id),
  );
  if (missing.length > 0) throw new Error(`No template of the nested stack ${missing.map(([id]) => id).join(', ')}`);
  return stack;
}
