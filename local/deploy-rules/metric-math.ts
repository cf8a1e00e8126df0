/** Expressions over metrics. Source: CloudWatch user guide, "Using math expressions with CloudWatch metrics". */

/** Those of the guide's functions that make a number of numbers. `SEARCH` is for graphs alone. */
const functions = ['ABS', 'AVG', 'CEIL', 'DIFF', 'FILL', 'FLOOR', 'IF', 'MAX', 'METRICS', 'MIN', 'RATE', 'SUM'];
const words = ['AND', 'OR', 'REPEAT', 'LINEAR'];

/**
 * What is wrong with an alarm's expression, or undefined: a name that no metric beside it has, a function that is none, a
 * bracket without its other half.
 * @param ids of the metrics of the same alarm
 */
export function expressionFault(expression: string, ids: readonly string[]): string | undefined {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(\.\d+)?|>=|<=|==|!=|&&|\|\||[-+*/^(),<>]|\S/g) ?? [];
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (depth < 0) return 'closes a bracket that is not open';
    if (/^[A-Za-z_]/.test(token)) {
      const isCall = tokens[index + 1] === '(';
      const known = isCall ? [...functions, 'AND', 'OR'] : [...ids, ...words];
      if (!known.includes(token))
        return isCall ? `calls ${token}, which is no function` : `names ${token}, which is no metric`;
    } else if (!/^(\d|[-+*/^(),<>]|>=|<=|==|!=|&&|\|\|)/.test(token)) {
      return `has a ${token} in it`;
    }
  }
  return depth > 0 ? 'leaves a bracket open' : undefined;
}
