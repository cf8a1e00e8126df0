/** An extension in its frame, with the host that answers it and the log of what it asked. */
import { type BridgeContext, createBridgeHost, type OwnAction } from '../../client/src/bridge-host.ts';
import { createUploader, setupTarget } from '../../client/src/uploader.ts';
import { make } from './dom.ts';
import { appId, extensionOrigin, type Role, token } from './platform.ts';

export interface FrameOptions {
  figure: HTMLElement;
  traffic: HTMLElement;
  context: BridgeContext;
  role: Role;
  actions?: Record<string, OwnAction>;
}

/** Uploads of setup screens are the page's, with the user's token. */
const uploader = createUploader({
  baseUrl: location.origin,
  target: setupTarget(appId),
  auth: async () => ({ authorization: `Bearer ${await token('user')}` }),
});

/** Opens the extension's page of the context's mode. The returned function closes it and leaves nothing behind. */
export function openExtension({ figure, traffic, context, role, actions }: FrameOptions): () => void {
  const frame = make('iframe', {
    title: context.mode === 'setup' ? 'The extension, setting up' : 'The extension, running',
    src: `${extensionOrigin}/${context.mode}`,
    // Its own origin, and no more: no pop-ups, no navigation of this page.
    sandbox: 'allow-scripts allow-same-origin',
    referrerPolicy: 'no-referrer',
  });
  figure.append(frame);
  const host = createBridgeHost({
    frame,
    origin: extensionOrigin,
    context,
    api: { baseUrl: location.origin, token: () => token(role) },
    upload: uploader.upload,
    actions: {
      ...actions,
      'ui.resize': (payload) => {
        const height = Number((payload as { height?: unknown } | null)?.height);
        frame.style.height = `${Math.min(6000, Math.max(200, height || 0))}px`;
      },
    },
    onRequest({ action, ms, error }) {
      if (action === 'ui.resize') return;
      const outcome = error ? error.code : 'ok';
      const row = make(
        'li',
        {},
        make('span', {}, action),
        make('span', { className: error ? 'refused' : 'ok' }, outcome.replaceAll('_', '_\u200b')),
        make('span', { className: 'ms' }, `${Math.round(ms)} ms`),
      );
      traffic.prepend(row);
      while (traffic.children.length > 12) traffic.lastElementChild?.remove();
    },
  });
  return () => {
    host.dispose();
    frame.remove();
  };
}
