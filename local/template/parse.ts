/** Parsing of resource properties: a failure names the resource, since the reader's next step is the construct that made it. */
import * as z from 'zod';

/** CloudFormation accepts numbers and booleans as strings; CDK writes both. */
export const int = z.coerce.number().int();
export const flag = z.union([
  z.boolean(),
  z.literal('true').transform(() => true),
  z.literal('false').transform(() => false),
]);

/** Parses `properties` of a resource; throws an error that names it and the first thing that is wrong. */
export function parseProperties<T extends z.ZodType>(
  schema: T,
  resource: { logicalId: string; type: string; properties: unknown },
): z.infer<T> {
  const result = schema.safeParse(resource.properties);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Error(
    `${resource.logicalId} (${resource.type}): ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`,
  );
}

/** Version or alias that a function's ARN ends with; undefined for the function itself. */
export function qualifierOf(reference: string): string | undefined {
  return /:function:[^:/]+:([^:/]+)/.exec(reference)?.[1];
}

/** The function name in a function ARN, a function name, or an `integrations` URI around one. */
export function functionNameOf(reference: string): string {
  const match = /:function:([^:/]+)/.exec(reference);
  return match?.[1] ?? reference;
}
