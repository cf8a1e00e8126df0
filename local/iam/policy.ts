/**
 * Identity policies as IAM evaluates them: an explicit deny wins, an allow is needed, everything else is denied.
 * Differs from AWS: no resource policies, boundaries, session policies or conditions; a statement with a condition
 * stops the boot, since ignoring it would grant too much.
 */

export interface Statement {
  effect: 'Allow' | 'Deny';
  actions: string[];
  /** True for `NotAction`: the statement is about every other action. */
  notActions: boolean;
  resources: string[];
  /** True for `NotResource`. */
  notResources: boolean;
}

/** Whether the statements allow `action` (`dynamodb:PutItem`) on `resource` (an ARN, or `*`). */
export function allows(statements: readonly Statement[], action: string, resource: string): boolean {
  const about = statements.filter((statement) => {
    const names = statement.actions.some((pattern) => like(pattern.toLowerCase(), action.toLowerCase()));
    const things = statement.resources.some((pattern) => like(pattern, resource));
    return names !== statement.notActions && things !== statement.notResources;
  });
  return about.some(({ effect }) => effect === 'Allow') && !about.some(({ effect }) => effect === 'Deny');
}

/** IAM's wildcards: `*` is any run of characters, `?` exactly one. */
export function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
