/** `stowage verify`: walks a deployed stage as its callers do, and leaves nothing behind. */
import { Command } from 'commander';
import { Failure } from '../failure.ts';
import { isJson, plain, show } from '../print.ts';
import { directChecks } from './checks-direct.ts';
import { endChecks } from './checks-end.ts';
import { organizationChecks } from './checks-organizations.ts';
import { sessionChecks } from './checks-sessions.ts';
import { stagingChecks } from './checks-staging.ts';
import { tokenChecks } from './checks-tokens.ts';
import { uploadChecks } from './checks-uploads.ts';
import { cleanUp, type Left, runsLeft } from './clean-up.ts';
import { type ConnectOptions, connectTo, withConnectOptions } from './connect.ts';
import { type Check, chosen, matches, type Outcome, runChecks } from './run.ts';
import { openStage } from './stage.ts';
import { isPrefix, namePrefix, newPrefix, type World, worldOf } from './world.ts';

/** In the order in which one rests on the other. */
export const checks: readonly Check[] = [
  ...tokenChecks,
  ...stagingChecks,
  ...sessionChecks,
  ...directChecks,
  ...uploadChecks,
  ...organizationChecks,
  ...endChecks,
];

interface Options extends ConnectOptions {
  origin?: string;
  withRows?: boolean;
  only?: string;
  cleanUp?: string;
}

export function verifyCommand(): Command {
  return withConnectOptions(new Command('verify'))
    .description('walk a stage as its callers do, and leave nothing behind')
    .option('--origin <origin>', 'a page that may call the API and PUT into the bucket, to check CORS')
    .option('--with-rows', "make a parent row, which stays in the run's own organization for good")
    .option('--only <names>', 'groups or checks, with commas; what they rest on is run, too')
    .option(
      '--clean-up <prefix>',
      `take away what a run left; ${namePrefix} alone for all runs that an administrator sees`,
    )
    .action(async (options: Options, command: Command) => {
      if (options.cleanUp !== undefined) await cleanUpAfter(options.cleanUp, options, command);
      else await verify(options, command);
    });
}

async function verify(options: Options, command: Command): Promise<void> {
  const only = options.only?.split(',').filter((word) => word !== '') ?? [];
  const unknown = only.find((word) => !checks.some(({ name }) => matches(name, word)));
  if (unknown !== undefined) {
    const groups = [...new Set(checks.map(({ name }) => name.split('.')[0]))].join(', ');
    throw new Failure('invalid_option', `There is no check ${unknown}. Groups are ${groups}.`, 2);
  }
  const startedAt = Date.now();
  const interrupted = new AbortController();
  const prefix = newPrefix();
  const world = await worldFor(prefix, options, command, interrupted.signal);
  const say = isJson(command) ? () => undefined : (line: string) => void process.stdout.write(`${line}\n`);
  say(`${prefix} on ${world.stage.baseUrl}`);
  const stop = () => interrupted.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const outcomes: Outcome[] = [];
  const tell = (outcome: Outcome) => {
    outcomes.push(outcome);
    say(lineOf(outcome));
  };
  await runChecks(chosen(checks, only), world, { tell, signal: interrupted.signal }).catch((error: unknown) => {
    if (!interrupted.signal.aborted) throw error;
    say('interrupted: cleaning up');
  });
  // Not ended by the signal that ended the checks: what was made is to go.
  const cleaning = openStage(world.stage.baseUrl, `${prefix}-end`, new AbortController().signal);
  const left = await cleanUp({ ...world, stage: cleaning });
  process.off('SIGINT', stop).off('SIGTERM', stop);
  const ms = Date.now() - startedAt;
  report(command, { prefix, url: world.stage.baseUrl, outcomes, left, ms, interrupted: interrupted.signal.aborted });
}

interface Report {
  prefix: string;
  url: string;
  outcomes: Outcome[];
  left: Left;
  ms: number;
  interrupted: boolean;
}

function report(command: Command, { outcomes, left, ...run }: Report): void {
  const count = (result: Outcome['result']) => outcomes.filter((outcome) => outcome.result === result).length;
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')];
  const words = `${passed} passed, ${failed} failed, ${skipped} skipped in ${(run.ms / 1000).toFixed(1)} s`;
  show(command, { ...run, passed, failed, skipped, checks: outcomes, left }, () => words);
  if (left.length > 0) {
    const again = `stowage verify --clean-up ${run.prefix}, with the options of this run`;
    throw new Failure('left_behind', `${left.map(plain).join('\n')}\nTake it away by ${again}.`);
  }
  if (failed > 0) throw new Failure('checks_failed', `${failed} of ${outcomes.length} checks failed.`);
  if (run.interrupted) throw new Failure('interrupted', 'What was made so far is taken away.');
}

const marks = { passed: 'ok  ', failed: 'FAIL', skipped: 'skip' } as const;

function lineOf({ name, title, result, reason, ms }: Outcome): string {
  const line = `${marks[result]}  ${name.padEnd(26)} ${title} (${ms} ms)`;
  return reason === undefined ? line : `${line}\n        ${plain(reason)}`;
}

async function worldFor(prefix: string, options: Options, command: Command, signal: AbortSignal): Promise<World> {
  const { baseUrl, proofs } = await connectTo(options, command);
  const { origin, withRows: rows = false } = options;
  const stage = openStage(baseUrl, prefix, signal);
  return worldOf(stage, proofs, prefix, { rows, ...(origin !== undefined && { origin }) });
}

async function cleanUpAfter(prefix: string, options: Options, command: Command): Promise<void> {
  if (!isPrefix(prefix) && prefix !== namePrefix) {
    const message = `A run is called like ${newPrefix()}; its first line says how. Nothing else is touched.`;
    throw new Failure('invalid_option', message, 2);
  }
  const { signal } = new AbortController();
  const here = await worldFor(newPrefix(), options, command, signal);
  const prefixes = prefix === namePrefix ? await runsLeft(here) : [prefix];
  const left: Left = [];
  for (const each of prefixes) {
    const stage = openStage(here.stage.baseUrl, `${each}-clean-up-${Date.now()}`, signal);
    left.push(...(await cleanUp({ ...worldOf(stage, here.proofs, each, here.options) }, { all: true })));
  }
  show(command, { cleaned: prefixes, left }, () => `cleaned up after ${prefixes.join(', ') || 'no run: none is left'}`);
  if (left.length > 0) throw new Failure('left_behind', left.map(plain).join('\n'));
}
