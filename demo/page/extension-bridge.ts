/** The extension's connection to the platform: the bridge, with the actions this platform adds to it. */
import { type BridgeActions, createBridge } from '../../client/src/bridge.ts';
import { createLinks } from '../../client/src/links.ts';

/** What the demo's platform takes beside the bridge's own actions. */
export type PlatformActions = BridgeActions & {
  /** The config to save when the user saves the lock. */
  'config.set': { payload: { config: PuzzleConfig }; result: unknown };
  /** How tall the page is, pixels, so that its frame can be. */
  'ui.resize': { payload: { height: number }; result: unknown };
};

/** The config as it is saved; the platform finds the files in it (docs/contract.md, "Claims"). */
export interface PuzzleConfig {
  storageDraftId: string;
  images: { id: string; provider: 'chastify_storage'; fileId: string; url: string; title: string }[];
}

/** An extension is published for one platform and knows its origin from the start. */
const parentOrigin = document.body.dataset.platformOrigin ?? '';

export const bridge = createBridge<PlatformActions>({ parentOrigin });

export const links = createLinks({ get: (fileId) => bridge.request('files.get', { fileId }) });

/** Keeps the frame as tall as the page. */
export function reportHeight(): void {
  const observer = new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    bridge.request('ui.resize', { height }).catch(() => undefined);
  });
  observer.observe(document.body);
}
