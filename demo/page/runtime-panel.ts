/** Runtime: the extension in a running session, reading with the session's token through the page. */
import { byId, make } from './dom.ts';
import { openExtension } from './frame.ts';
import { appId, desk } from './platform.ts';

const figure = document.querySelector<HTMLElement>('#runtime figure') ?? document.body;

/** Opens the panel; the returned function closes it. Without a saved lock there is no session to run. */
export function openRuntime(): () => void {
  const sessionId = desk.target?.sessionId;
  byId('no-session').hidden = sessionId !== undefined;
  figure.hidden = sessionId === undefined;
  showFacts(byId('session-facts'), { Session: sessionId, Lock: desk.target?.id, App: appId });
  if (sessionId === undefined) return () => undefined;
  return openExtension({
    figure,
    traffic: byId('runtime-traffic'),
    role: { sessionId },
    context: { mode: 'runtime', appId, sessionId, config: desk.config },
  });
}

/** Fills a list of facts; what is not there is shown as none. */
export function showFacts(list: HTMLElement, facts: Record<string, string | undefined>): void {
  const rows = Object.entries(facts).flatMap(([name, value]) => [
    make('dt', {}, name),
    make('dd', { className: 'mono' }, value ?? 'none'),
  ]);
  list.replaceChildren(...rows);
}
