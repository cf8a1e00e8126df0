/** Memory of a process and of the functions it runs, from /proc (Linux). */
import { readdirSync, readFileSync } from 'node:fs';

export interface Sample {
  /** Resident megabytes of the process itself. */
  ownMb: number;
  /** Function instances: processes that it started and that live. */
  instances: number;
  /** Resident megabytes of all instances; pages they share are counted for each. */
  instancesMb: number;
}

export function sample(pid: number): Sample {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const status = statusOf(name);
      return status !== undefined && field(status, 'PPid') === pid ? [status] : [];
    })
    .filter((status) => field(status, 'VmRSS') > 0);
  const megabytes = (status: string) => Math.round(field(status, 'VmRSS') / 1024);
  return {
    ownMb: megabytes(statusOf(String(pid)) ?? ''),
    instances: children.length,
    instancesMb: children.reduce((sum, status) => sum + megabytes(status), 0),
  };
}

/** A process may end while it is looked at. */
function statusOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined;
  }
}

const field = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
