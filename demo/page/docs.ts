/** Starts the viewer on this machine's own document; it validates nowhere else and loads nothing from elsewhere. */
import { byId, reason } from './dom.ts';
import { mint } from './mint.ts';

interface Viewer {
  preauthorizeApiKey(scheme: string, value: string): void;
}

const { SwaggerUIBundle } = globalThis as unknown as {
  SwaggerUIBundle: (options: Record<string, unknown>) => Viewer;
};

const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.onchange = follow;
follow();

const viewer = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: true,
  validatorUrl: null,
});

const { appId, userId, sessionId, lockId, developerKey = '' } = document.body.dataset;
const session = { token_use: 'session', sub: userId, appId, sessionId, lockId };

/** Claims of a token for each scheme of the document, of the demo's user, session and services. */
const claims = {
  userToken: { token_use: 'user', sub: userId },
  sessionToken: session,
  mainToken: session,
  platformToken: { token_use: 'service', scope: 'platform' },
  adminToken: { token_use: 'service', scope: 'admin' },
};

byId('use-tokens').onclick = async () => {
  try {
    for (const [scheme, of] of Object.entries(claims)) viewer.preauthorizeApiKey(scheme, await mint(of));
    viewer.preauthorizeApiKey('developerKey', developerKey);
    byId('said').textContent = `Signed in as ${userId}, with the session ${sessionId} of ${appId}, for twelve hours.`;
  } catch (error) {
    byId('said').textContent = reason(error);
  }
};
