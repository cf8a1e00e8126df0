/** Resident memory of a process, from /proc. Where there is no /proc (macOS) nothing is known and nothing is enforced. */
import { readFileSync } from 'node:fs';

/** Current and peak resident bytes; undefined when the process is gone or the platform has no /proc. */
export function residentBytes(pid: number): { current: number; peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return { current: kilobytes(status, 'VmRSS') * 1024, peak: kilobytes(status, 'VmHWM') * 1024 };
  } catch {
    return undefined;
  }
}

function kilobytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}
