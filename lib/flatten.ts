/**
 * Makes one template of a stack and the stacks nested in it, as if all their resources had been written into the root:
 * whoever asks what is deployed need not know where. A parameter of a nested template becomes what the parent passes, an
 * output what the nested template says. Logical ids stay as they are; one that is there twice is an error, and so is
 * whatever would mean another thing in the root.
 */
import type { Template, TemplateResource } from './synth.ts';

const nestedType = 'AWS::CloudFormation::Stack';

export interface Flattened {
  template: Template;
  /** Each template as it is deployed: the root as `root`, a nested one by the logical ids that lead to it, `A/B`. */
  parts: Record<string, Template>;
}

/** One template and what its names mean. */
interface Scope {
  /** `root`, or the logical ids that lead here. */
  name: string;
  template: Template;
  /** What the parent passes, in the parent's words; undefined in the root, whose parameters nobody passes. */
  passed?: { values: Record<string, unknown>; by: Scope };
  nested: Map<string, Scope>;
}

/**
 * @param load gives the template of a nested stack by its resource
 * @throws Error that names the stack: two resources of one logical id, a parameter nobody passes, an output that is not
 *   there, `Fn::Sub` with names of a nested stack, the nested stack's own name or id, conditions and mappings of a nested template
 */
export function flatten(root: Template, load: (logicalId: string, resource: TemplateResource) => Template): Flattened {
  const scopes: Scope[] = [];
  const open = (name: string, template: Template, passed?: Scope['passed']): Scope => {
    const scope: Scope = { name, template, nested: new Map(), ...(passed && { passed }) };
    scopes.push(scope);
    if (passed) refuseParts(scope);
    for (const [logicalId, resource] of Object.entries(template.Resources)) {
      if (resource.Type !== nestedType) continue;
      const path = passed ? `${name}/${logicalId}` : logicalId;
      const values = (resource.Properties?.Parameters ?? {}) as Record<string, unknown>;
      scope.nested.set(logicalId, open(path, load(logicalId, resource), { values, by: scope }));
    }
    return scope;
  };
  const top = open('root', root);

  const resources: Record<string, TemplateResource> = {};
  for (const scope of scopes) {
    for (const [logicalId, resource] of Object.entries(scope.template.Resources)) {
      if (scope.nested.has(logicalId)) continue;
      if (logicalId in resources) throw new Error(`${scope.name}: another stack has a resource ${logicalId} as well`);
      resources[logicalId] = flatResource(resource, scope);
    }
  }
  const { Outputs } = root;
  return {
    template: {
      ...root,
      Resources: resources,
      ...(Outputs && { Outputs: expand(Outputs, top) as NonNullable<Template['Outputs']> }),
    },
    parts: Object.fromEntries(scopes.map(({ name, template }) => [name, template])),
  };
}

/** With its properties expanded; metadata and the like are kept. A whole nested stack is nothing to wait for any more. */
function flatResource(resource: TemplateResource, scope: Scope): TemplateResource {
  const { DependsOn, Properties } = resource;
  const waits = [DependsOn ?? []].flat().filter((logicalId) => !scope.nested.has(logicalId));
  const { DependsOn: _, ...rest } = resource;
  return {
    ...rest,
    ...(waits.length > 0 && { DependsOn: waits }),
    ...(Properties && { Properties: expand(Properties, scope) as Record<string, unknown> }),
  };
}

/** A value of a template in words of the root. */
function expand(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => expand(item, scope));
  if (typeof value !== 'object' || value === null) return value;
  const [first, ...more] = Object.entries(value);
  if (first && more.length === 0) {
    const [name, argument] = first;
    if (name === 'Ref') return reference(String(argument), scope);
    if (name === 'Fn::GetAtt') return attribute(argument, scope);
    if (name === 'Fn::Sub') checkNames(argument, scope);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expand(item, scope)]));
}

function reference(name: string, scope: Scope): unknown {
  const { passed, template } = scope;
  if (passed) {
    if (name === 'AWS::StackName' || name === 'AWS::StackId') refuse(scope, `${name} is another one than the root's`);
    if (template.Parameters && name in template.Parameters) {
      if (name in passed.values) return expand(passed.values[name], passed.by);
      return template.Parameters[name]?.Default ?? refuse(scope, `nobody passes the parameter ${name}`);
    }
  }
  if (scope.nested.has(name)) refuse(scope, `Ref to the nested stack ${name} means nothing in one template`);
  return { Ref: name };
}

function attribute(argument: unknown, scope: Scope): unknown {
  const [logicalId = '', ...rest] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
  const nested = scope.nested.get(logicalId);
  if (!nested) return { 'Fn::GetAtt': argument };
  const output = rest.join('.').replace(/^Outputs\./, '');
  const found = nested.template.Outputs?.[output];
  return found ? expand(found.Value, nested) : refuse(nested, `there is no output ${output}`);
}

/** A text may name in braces only what means the same in the root; CDK's do, which ask for account and region. */
function checkNames(argument: unknown, scope: Scope): void {
  const text = String(Array.isArray(argument) ? argument[0] : argument);
  for (const [, name = ''] of text.matchAll(/\$\{([^!}][^}]*)\}/g)) {
    const same = scope.passed ? /^AWS::(?!Stack)/.test(name) : !scope.nested.has(name.split('.')[0] ?? '');
    if (!same) refuse(scope, `Fn::Sub with ${name} is not read here`);
  }
}

/** What the flat template would have to hold once for each nested one. */
function refuseParts(scope: Scope): void {
  const has = ['Conditions', 'Mappings', 'Transform'].filter((part) => part in scope.template);
  if (has.length > 0) refuse(scope, `${has.join(', ')} of a nested template are not read`);
}

function refuse(scope: Scope, why: string): never {
  throw new Error(`${scope.name}: ${why}`);
}
