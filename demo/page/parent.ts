/** The platform's page: three tabs, each opened when it is shown and closed when it is left. */
import { listenAdmin, openAdmin } from './admin-panel.ts';
import { byId, catchDrops, say } from './dom.ts';
import { openRuntime } from './runtime-panel.ts';
import { listenSetup, openSetup } from './setup-panel.ts';

const panels: Record<string, () => (() => void) | Promise<void>> = {
  setup: openSetup,
  runtime: openRuntime,
  admin: openAdmin,
};
const names = Object.keys(panels);
const tabs = names.map((name) => byId<HTMLButtonElement>(`tab-${name}`));

let close: () => void = () => undefined;

listenAdmin();
listenSetup(show);
for (const [index, tab] of tabs.entries()) {
  tab.onclick = () => {
    // Not by the address: going to a fragment would take the focus from the tab.
    history.pushState(undefined, '', `#${names[index]}`);
    show();
  };
  tab.onkeydown = ({ key }) => {
    const step = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? tabs.length - 1 : 0;
    if (step === 0) return;
    const next = tabs[(index + step) % tabs.length];
    next?.focus();
    next?.click();
  };
}
// The frame takes its own; over the rest of the page a browser would open the file in its place.
catchDrops(() => {
  byId('tab-setup').click();
  say(byId('save-result'), 'Drop pictures on the extension, inside its frame.', true);
});
window.onhashchange = show;
show();

/** Shows the tab that the address names, the first one by default. */
function show(): void {
  close();
  const current = names.find((name) => location.hash === `#${name}`) ?? 'setup';
  for (const [index, name] of names.entries()) {
    const tab = tabs[index];
    if (!tab) continue;
    tab.ariaSelected = `${name === current}`;
    tab.tabIndex = name === current ? 0 : -1;
    byId(name).hidden = name !== current;
  }
  const opened = panels[current]?.();
  close = typeof opened === 'function' ? opened : () => undefined;
}
