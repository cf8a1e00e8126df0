import type { Command } from 'commander';
import { bar, isJson, size } from '../print.ts';

/** On a terminal, how far it is; tells of `bytes` more with each call. */
export function progressOf(command: Command, total: { files: number; bytes: number }): (bytes: number) => void {
  if (isJson(command) || !process.stderr.isTTY) return () => undefined;
  const done = { files: 0, bytes: 0 };
  return (bytes) => {
    done.files += 1;
    done.bytes += bytes;
    const end = done.files === total.files ? '\n' : '';
    const counts = `${done.files} of ${total.files} files, ${size(done.bytes)}`;
    process.stderr.write(`\r${bar(done.bytes, total.bytes)} ${counts}${end}`);
  };
}
