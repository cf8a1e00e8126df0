/** Completion by the command itself: what the shell has so far is walked down the tree of commands. */
import { Argument, type Command } from 'commander';
import { localProfile, readConfig } from './profiles.ts';

/** What the scripts call: words so far follow, and nothing of them is an option. */
export const completeWord = '__complete';

const scripts = {
  bash: `_stowage() {
  local IFS=$'\\n'
  COMPREPLY=($(stowage ${completeWord} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _stowage stowage`,
  zsh: `#compdef stowage
_stowage() {
  local -a found
  found=("\${(@f)$(stowage ${completeWord} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  compadd -- $found
}
compdef _stowage stowage`,
  fish: `complete -c stowage -f -a '(stowage ${completeWord} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};

type Shell = keyof typeof scripts;

/** Adds `completion <shell>`. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('print what teaches a shell to complete, as in: eval "$(stowage completion bash)"')
    .addArgument(new Argument('<shell>', 'which').choices(Object.keys(scripts)))
    .action((shell: Shell) => {
      process.stdout.write(`${scripts[shell]}\n`);
    });
}

/** What the last of these words may become. */
export async function candidates(program: Command, words: string[]): Promise<string[]> {
  const last = words.at(-1) ?? '';
  if (words.at(-2) === '--profile') {
    const names = [...Object.keys((await readConfig()).profiles), localProfile];
    return names.filter((name) => name.startsWith(last));
  }
  let command = program;
  let taken = 0;
  for (const word of words.slice(0, -1)) {
    if (word.startsWith('-')) continue;
    const next = command.commands.find((child) => child.name() === word);
    if (next === undefined) taken += 1;
    else command = next;
  }
  const options = [...command.options, ...program.options].flatMap(({ long }) => long ?? []);
  const children = command.commands.map((child) => child.name());
  const choices = command.registeredArguments[taken]?.argChoices ?? [];
  const all = last.startsWith('-') ? [...options, '--help'] : [...children, ...choices];
  return [...new Set(all)].filter((word) => word.startsWith(last));
}
