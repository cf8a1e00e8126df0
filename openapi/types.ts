/** The document as TypeScript, which the package for backends is typed by (`server/src/api-types.ts`). */
import { execFileSync } from 'node:child_process';
import { tools } from './tools.ts';

/** Types of the document in this file, by openapi-typescript. Throws with its output where it refuses. */
export function typesOf(file: string): string {
  return execFileSync(process.execPath, [tools.types, file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
