/** Setup: the extension stages files, the user saves, the platform claims what the config references. */
import { byId, reason, say } from './dom.ts';
import { openExtension } from './frame.ts';
import { appId, call, desk, keep, newName, type SavedTarget, userId } from './platform.ts';

interface ClaimAnswer {
  config: unknown;
  claimed: string[];
  deleted: string[];
}

/** The config as the extension wants it saved. */
let wanted: unknown;

const figure = document.querySelector<HTMLElement>('#setup figure') ?? document.body;
const saveAs = byId<HTMLSelectElement>('save-as');
const saveButton = byId<HTMLButtonElement>('save');

/** Opens the panel; the returned function closes it. */
export function openSetup(): () => void {
  showTarget();
  saveButton.disabled = true;
  return openExtension({
    figure,
    traffic: byId('setup-traffic'),
    role: 'user',
    context: {
      mode: 'setup',
      appId,
      storageDraftId: desk.draftId,
      ...(desk.config !== undefined && { config: desk.config }),
    },
    actions: {
      'config.set'(payload) {
        wanted = (payload as { config?: unknown } | null)?.config;
        saveButton.disabled = false;
      },
    },
  });
}

/** Wires the buttons; `reopen` opens the panel anew with what is saved by then. */
export function listenSetup(reopen: () => void): void {
  saveButton.onclick = async () => {
    saveButton.disabled = true;
    try {
      const target = desk.target ?? newTarget(saveAs.value === 'template' ? 'template' : 'lock');
      const { type, id, sessionId } = target;
      // What an edited config no longer names is released; nothing can fail between this claim and keeping the config.
      const claim = { userId, target: { type, id, ...(sessionId && { sessionId }) }, config: wanted, replace: true };
      const answer = await call<ClaimAnswer>('platform', 'POST', `/platform/extensions/${appId}/claims`, claim);
      keep({ target, config: answer.config, draftId: newName('draft') });
      const pictures = answer.claimed.length === 1 ? '1 picture' : `${answer.claimed.length} pictures`;
      const gone = answer.deleted.length > 0 ? `, and ${answer.deleted.length} left over deleted` : '';
      say(byId('save-result'), `Saved: ${pictures} claimed${gone}.`);
      reopen();
    } catch (error) {
      say(byId('save-result'), reason(error), true);
      saveButton.disabled = false;
    }
  };
  byId('new').onclick = () => {
    keep({ target: undefined, config: undefined, draftId: newName('draft') });
    say(byId('save-result'), undefined);
    reopen();
  };
}

function newTarget(type: SavedTarget['type']): SavedTarget {
  const id = newName(type);
  return type === 'lock' ? { type, id, sessionId: id.replace('lock', 'session') } : { type, id, clones: [] };
}

function showTarget(): void {
  const { target } = desk;
  byId('save-title').textContent = target ? `Saved as ${target.id}` : 'Not saved yet';
  saveButton.textContent = target ? 'Save again' : 'Save';
  saveAs.disabled = target !== undefined;
  if (target) saveAs.value = target.type;
}
