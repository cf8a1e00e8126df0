import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';

/** There is no map of this function, or not where it was looked for. */
export class MissingMapError extends Error {
  override readonly name = 'MissingMapError';
}

/** A place in a bundle, as V8 writes it: `file:///var/task/index.mjs:12:53305`. Lines and columns begin at one. */
const place = /(?:file:\/\/)?[^\s()"]*\bindex\.mjs:(\d+):(\d+)/g;

/**
 * A stack, or the stacks in log lines, with files and lines of the source in place of those of the bundle; what the map does
 * not know stays as it is.
 * @param text a bare stack, or lines of JSON as CloudWatch Logs has them
 * @param from the function's key in the route table, and the folder of the deployment's maps
 * @throws MissingMapError
 */
export function traceStack(text: string, { key, maps }: { key: string; maps: string }): string {
  const file = resolve(maps, key, 'index.mjs.map');
  if (!existsSync(file)) {
    throw new MissingMapError(
      `There is no ${file}: synthesize the commit that is deployed, or name its maps by --maps`,
    );
  }
  const map = new TraceMap(readFileSync(file, 'utf8'));
  const source = (path: string) => relative(process.cwd(), join(dirname(file), path)).replaceAll('\\', '/');
  return stacksIn(text)
    .join('\n')
    .replaceAll(place, (found, line: string, column: string) => {
      const at = originalPositionFor(map, { line: Number(line), column: Number(column) - 1 });
      return at.source === null ? found : `${source(at.source)}:${at.line}:${at.column + 1}`;
    });
}

/** The stacks of an error and its causes in each line that is JSON; a text without any is a stack itself. */
function stacksIn(text: string): string[] {
  const stacks = text.split('\n').flatMap((line) => stacksOf(parse(line)));
  return stacks.length > 0 ? stacks : [text.trimEnd()];
}

function stacksOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'stack' && typeof member === 'string' ? [member] : stacksOf(member),
  );
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
