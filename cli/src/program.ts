import { Command } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addCompletion } from './completion.ts';
import { doctorCommand } from './doctor/command.ts';
import { filesCommand } from './files/command.ts';
import { keysCommand } from './keys.ts';
import { exportCommand } from './move/export.ts';
import { importCommand } from './move/import.ts';
import { openCommand } from './open.ts';
import { profilesCommand } from './profiles-command.ts';
import { reconcileCommand } from './reconcile.ts';
import { settingsCommand, usageCommand } from './settings.ts';
import { tokenCommand } from './token.ts';
import { verifyCommand } from './verify/command.ts';

const after = `
Where commands go, the first of these that is there: --profile, STOWAGE_URL with STOWAGE_TOKEN, STOWAGE_PROFILE, the current profile.
The profile "local" is a running npm start. Tokens are service tokens with scope admin.

Exit status: 0 done, 1 refused or failed, 2 not understood.`;

/** The whole command. Parsing rejects with a `CommanderError`, a `Failure` or a `StowageError`. */
export function createProgram(): Command {
  const program = new Command('stowage')
    .description('Stowage from a terminal')
    .version(manifest.version)
    .option('--profile <name>', 'the stage to go to')
    .option('--json', 'answers, and errors, as JSON')
    .addHelpText('after', after);
  const commands = [
    keysCommand(),
    settingsCommand(),
    usageCommand(),
    reconcileCommand(),
    tokenCommand(),
    profilesCommand(),
    filesCommand(),
    exportCommand(),
    importCommand(),
    openCommand(),
    verifyCommand(),
    doctorCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  addCompletion(program);
  throwInsteadOfExit(program);
  return program;
}

/** Every command on its own, since those that are added do not take this over. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}
