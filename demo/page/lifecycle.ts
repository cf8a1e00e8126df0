/** What the platform tells of locks, sessions and templates, by button; and the clean-up that follows, at once. */
import { byId, make, reason } from './dom.ts';
import { call, desk, keep, newName } from './platform.ts';
import { showFacts } from './runtime-panel.ts';

interface Happening {
  label: string;
  /** Fields of the event; undefined while there is nothing it could be about. */
  event: () => Record<string, string> | undefined;
  after?: (event: Record<string, string>) => void;
}

const target = (type: 'lock' | 'template') => (desk.target?.type === type ? desk.target : undefined);
const clone = () => target('template')?.clones?.at(-1);
const forget = () => keep({ target: undefined, config: undefined });

const happenings: Happening[] = [
  { label: 'Session deleted', event: () => about('session.deleted', { sessionId: target('lock')?.sessionId }) },
  { label: 'Lock archived', event: () => about('lock.archived', { lockId: target('lock')?.id }), after: forget },
  { label: 'Lock deleted', event: () => about('lock.deleted', { lockId: target('lock')?.id }), after: forget },
  {
    label: 'Template cloned',
    event: () => about('lock.cloned', { lockId: newName('lock'), templateId: target('template')?.id }),
    after: ({ lockId = '' }) => setClones((clones) => [...clones, lockId]),
  },
  {
    label: 'Clone archived',
    event: () => about('lock.archived', { lockId: clone() }),
    after: ({ lockId }) => setClones((clones) => clones.filter((id) => id !== lockId)),
  },
  { label: 'Template deleted', event: () => about('template.deleted', { templateId: target('template')?.id }) },
];

const buttons = happenings.map((happening) => {
  const button = make('button', { type: 'button' }, happening.label);
  button.onclick = () => void tell(happening);
  return { button, happening };
});

let refreshUsage: () => Promise<void> = async () => undefined;

/** Puts the buttons in place; `refresh` reads the usage again. */
export function listenLifecycle(refresh: () => Promise<void>): void {
  refreshUsage = refresh;
  const drain = make('button', { type: 'button', className: 'primary' }, 'Run what is due');
  drain.onclick = () => void runDue();
  byId('lifecycle').append(...buttons.map(({ button }) => button), drain);
}

/** Shows what there is, and offers what could happen to it. */
export function showLifecycle(): void {
  const lock = target('lock');
  const template = target('template');
  showFacts(byId('lifecycle-facts'), {
    Lock: lock?.id,
    Session: lock?.sessionId,
    Template: template?.id,
    Clones: template?.clones?.join(', ') || undefined,
  });
  for (const { button, happening } of buttons) button.disabled = happening.event() === undefined;
}

function about(type: string, ids: Record<string, string | undefined>): Record<string, string> | undefined {
  const known = Object.entries(ids).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return known.length === Object.keys(ids).length ? { type, ...Object.fromEntries(known) } : undefined;
}

function setClones(change: (clones: string[]) => string[]): void {
  const template = target('template');
  if (template) keep({ target: { ...template, clones: change(template.clones ?? []) } });
}

async function tell({ event: build, after }: Happening): Promise<void> {
  const event = build();
  if (!event) return;
  try {
    await call('platform', 'POST', '/platform/lifecycle-events', { eventId: newName('event'), ...event });
    const { type, ...ids } = event;
    note(`${type}: ${Object.values(ids).join(', ')}`);
    after?.(event);
  } catch (error) {
    note(reason(error));
  }
  showLifecycle();
  await refreshUsage();
}

async function runDue(): Promise<void> {
  try {
    const answer = await fetch('/__local/drain', { method: 'POST' });
    if (!answer.ok) throw new Error('The one-machine cloud refused');
    const { ran } = (await answer.json()) as { ran: Record<string, number> };
    const done = Object.entries(ran).flatMap(([name, count]) => (count > 0 ? [`${workerName(name)} ${count}`] : []));
    note(`Ran what was due: ${done.join(', ') || 'nothing was'}.`);
  } catch (error) {
    note(reason(error));
  }
  await refreshUsage();
}

/** `stowage-local-WorkersCleanupFunction36678FB5`, as the stack names it, is the worker `cleanup`. */
function workerName(name: string): string {
  return /Workers(\w+)Function[0-9A-F]{8}$/.exec(name)?.[1]?.toLowerCase() ?? name;
}

function note(text: string): void {
  const list = byId('happened');
  list.prepend(make('li', {}, text));
  while (list.children.length > 12) list.lastElementChild?.remove();
}
