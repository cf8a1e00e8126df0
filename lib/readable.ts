import { chmodSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Lets everybody read what is in a folder and enter its folders, whatever the umask of whoever made it. The CDK zips files
 * with the modes they have and Lambda runs functions as a user of its own; and as an asset's hash knows no modes, what was
 * uploaded unreadable once would stay so. Source: Lambda developer guide, "Working with .zip file archives" (permissions).
 */
export function readableByAll(dir: string): void {
  chmodSync(dir, 0o755);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) readableByAll(path);
    else if (entry.isFile()) chmodSync(path, (statSync(path).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}
