import type fc from 'fast-check';
import type { Round } from './commands.ts';
import type { Command } from './domain.ts';
import { type Draining, deliverEvents, drain } from './drain.ts';
import { createHistory, type Done, type History } from './history.ts';
import { brokenAtRest, brokenNow, brokenViews, lost } from './invariants.ts';
import { unexplained } from './judge.ts';
import { type Observed, observe } from './observe.ts';
import { perform, type Request } from './perform.ts';
import { predict, predictBeside } from './predict.ts';
import { openRun, type Ports, type Run, type Servers } from './run.ts';
import { createTurns, straight, type Turns } from './turns.ts';

/** One drawn history. */
export interface Life {
  /** What is done first, undisturbed: there must be files before much can happen to them. */
  start: Command[];
  rounds: Round[];
  /** For every choice that is not the scheduler's. */
  draws: Iterator<number>;
  /** How often each message and stream record comes. */
  deliveries: number;
  scheduler: fc.Scheduler;
}

/** Lives one history through in an empty world and looks at it after every round and at rest. Throws what it finds. */
export async function live(servers: Servers, { start, rounds, draws, deliveries, scheduler }: Life): Promise<void> {
  const run = await openRun(servers);
  try {
    const ports = run.ports(straight);
    const draw = (among: number) => (draws.next().value ?? 0) % Math.max(1, among);
    const turns = createTurns(scheduler, draw);
    const history = createHistory();
    const draining = { draw, deliveries };
    for (const command of start) await alone(run, ports, history, command);
    let observed = await observe(run);
    for (const round of rounds) {
      if (round.waitMs > 0) {
        await wait(run, ports, draining, round.waitMs);
        observed = await observe(run);
      }
      observed = await together(run, ports, turns, history, round, observed);
    }
    await rest(run, ports, draining, history, rounds);
  } finally {
    await run.close();
  }
}

/** A command of the beginning: the rounds are what is looked at closely. */
async function alone(run: Run, ports: Ports, history: History, command: Command): Promise<void> {
  const request = history.requestOf(command, await observe(run));
  if (request === undefined) return;
  history.note(request);
  history.remember({ request, ending: { crashed: false, value: await perform(run, ports, straight, request) } });
}

/** Commands at the same moment, each killed where its crash says. */
async function together(
  run: Run,
  ports: Ports,
  turns: Turns,
  history: History,
  { asked }: Round,
  before: Observed,
): Promise<Observed> {
  const requests = asked.flatMap(({ command, crash }) => {
    const request = history.requestOf(command, before);
    return request === undefined ? [] : [{ request, crash }];
  });
  for (const { request } of requests) history.note(request);
  if (requests.some(({ request }) => request.kind === 'expire')) await run.sweepTtl();
  const done: Done[] = await turns.finish(
    requests.map(async ({ request, crash }, index) => {
      const name = `${index + 1} ${request.kind}`;
      const ending = await turns.start(name, crash, (step) => perform(run, run.ports(step), step, request));
      return { request, ending };
    }),
  );
  const observed = await check(run, ports, history, done, before);
  // Whoever got no answer tells it again.
  for (const { request, ending } of done) {
    if (ending.crashed && request.kind === 'event') await run.sendEvent(request.event);
  }
  return observed;
}

async function check(run: Run, ports: Ports, history: History, done: Done[], before: Observed): Promise<Observed> {
  const after = await observe(run);
  const told = done.map(({ request, ending }) => ({ ...briefly(request), ...ending }));
  for (const { request, ending } of done) {
    const codes = done.length === 1 ? predict(request, before) : predictBeside(request, done, before);
    if (codes === undefined || ending.crashed) continue;
    const asPredicted = ending.value.ok ? codes.length === 0 : codes.includes(ending.value.code);
    if (!asPredicted)
      throw new Error(`${JSON.stringify(told)} should have been answered ${codes.join(' or ') || 'yes'}`);
  }
  const broken = [
    ...brokenNow(after),
    ...unexplained(done, before, after, history),
    ...(await brokenViews(ports, after)),
  ];
  if (broken.length > 0) throw new Error(`${broken.join('\n')}\nafter ${JSON.stringify(told, undefined, 1)}`);
  for (const each of done) history.remember(each);
  return after;
}

/** Time passes; events do not stay in their queue for as long as a deleted template waits for them. */
async function wait(run: Run, ports: Ports, draining: Draining, waitMs: number): Promise<void> {
  if (waitMs >= 600_000) await deliverEvents(run, ports, draining);
  run.time.now += waitMs;
}

async function rest(run: Run, ports: Ports, draining: Draining, history: History, rounds: Round[]): Promise<void> {
  const before = await observe(run);
  const undisturbed = rounds.every(({ asked }) => asked.every(({ crash }) => crash === undefined));
  for (const scheduled of undisturbed ? [false, true] : [true]) {
    await drain(run, ports, draining, scheduled);
    const after = await observe(run);
    const broken = [...brokenNow(after), ...lost(before, after, history), ...brokenAtRest(after, history, scheduled)];
    if (broken.length > 0)
      throw new Error(`At rest${scheduled ? '' : ', without the schedule'}:\n${broken.join('\n')}`);
  }
}

/** A request as a failed run should show it. */
function briefly(request: Request): Record<string, unknown> {
  const { kind } = request;
  if (kind === 'put' || kind === 'complete' || kind === 'delete') return { kind, fileId: request.file.id };
  return { ...request };
}
