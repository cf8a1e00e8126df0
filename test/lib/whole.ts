/** One template of all that a stack deploys, so that a test of a resource need not know in which template it lies. */
import type { StackSource, Template } from '#lib/synth.ts';

/** A stack and every stack nested in it, however deep. */
export function everyStack(source: StackSource): StackSource[] {
  return [source, ...Object.values(source.nested).flatMap(everyStack)];
}

/**
 * The resources of all templates in one, with what a nested stack is passed in place of its parameters. Throws where two
 * templates have one logical id, or a reference leads nowhere.
 */
export function whole(source: StackSource): Template {
  const Resources: Template['Resources'] = {};
  const add = ({ template, nested }: StackSource, replace: (value: unknown) => unknown) => {
    for (const [id, resource] of Object.entries(template.Resources)) {
      if (id in Resources) throw new Error(`Two templates have a resource ${id}`);
      Resources[id] = replace(resource) as Template['Resources'][string];
    }
    for (const [id, inner] of Object.entries(nested)) {
      const passed = (Resources[id]?.Properties?.Parameters ?? {}) as Record<string, unknown>;
      delete Resources[id];
      add(inner, (value) => inline(value, passed, new Set(Object.keys(inner.template.Parameters ?? {}))));
    }
  };
  add(source, (value) => value);
  return { ...source.template, Resources };
}

function inline(value: unknown, passed: Record<string, unknown>, parameters: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((each) => inline(each, passed, parameters));
  if (typeof value !== 'object' || value === null) return value;
  const { Ref: name } = value as { Ref?: unknown };
  if (typeof name === 'string' && parameters.has(name)) {
    if (!(name in passed)) throw new Error(`Nobody passes the parameter ${name}`);
    return passed[name];
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inline(each, passed, parameters)]));
}
