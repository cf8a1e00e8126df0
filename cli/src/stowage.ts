#!/usr/bin/env node
import { CommanderError } from 'commander';
import { isStowageError } from '../../server/src/index.ts';
import { candidates, completeWord } from './completion.ts';
import { Failure } from './failure.ts';
import { json, plain, plainLines } from './print.ts';
import { createProgram } from './program.ts';

/** What scripts may rely on: 0 done, 1 refused or failed, 2 not understood. */
process.exitCode = await run(process.argv);

async function run(argv: string[]): Promise<number> {
  // Whoever reads may have had enough: `stowage keys list app | head -1`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const program = createProgram();
  const [, , first, ...words] = argv;
  try {
    if (first === completeWord) {
      const found = await candidates(program, words);
      process.stdout.write(found.map((word) => `${word}\n`).join(''));
    } else await program.parseAsync(argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const told = tell(error);
    process.stderr.write(argv.includes('--json') ? `${json(told)}\n` : `${asText(told)}\n`);
    return error instanceof Failure ? error.exitCode : 1;
  }
}

interface Told {
  code: string;
  message: string;
  requestId?: string | undefined;
  details?: unknown;
}

function tell(error: unknown): Told {
  if (isStowageError(error)) {
    const { code, message, requestId, details } = error;
    return { code, message, requestId, details };
  }
  if (error instanceof Failure) return { code: error.code, message: error.message };
  return { code: 'internal_error', message: error instanceof Error ? error.message : String(error) };
}

/** For a terminal, which obeys what a stage or a file may have put into its words. */
function asText({ code, message, requestId, details }: Told): string {
  const { issues } = Object(details) as { issues?: unknown };
  const lines = (Array.isArray(issues) ? issues : []).map((issue: unknown) => {
    const { path, message: words } = Object(issue) as { path?: unknown; message?: unknown };
    return `  ${plain(`${path}: ${words}`)}`;
  });
  const question = requestId === undefined ? [] : [`  request ${plain(String(requestId))}`];
  return [plainLines(`${code}: ${message}`), ...lines, ...question].join('\n');
}
