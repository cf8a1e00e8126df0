/** The programs of docs/integrating, with what the pages say is around them. */
import { blocksOf } from './pages.ts';

/** The blocks of one kind on a page, which are one program. */
export interface PageProgram {
  page: string;
  fence: string;
  /** Names that it takes from `globalThis.around`, with their types. */
  around: Record<string, string>;
  /** Functions around it, as source. */
  functions?: string;
  jsx?: true;
}

/** The source of a program. */
export function sourceOf({ page, fence, around, functions = '' }: PageProgram): string {
  const types = Object.entries(around).map(([name, type]) => `${name}: ${type}`);
  return [
    `declare global { var around: { ${types.join('; ')} }; }`,
    `const { ${Object.keys(around).join(', ')} } = globalThis.around;`,
    functions,
    ...blocksOf(page, fence),
    'export {};',
  ].join('\n');
}

const author = 'docs/integrating/extension-authors.md';
const platform = 'docs/integrating/platform.md';
const mobile = 'docs/integrating/mobile.md';

const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'string']));

/** Programs of a backend or an app, which run in Node. */
export const inNode: Record<string, PageProgram> = {
  backend: { page: author, fence: 'ts run', around: texts('baseUrl', 'developerKey', 'sessionToken') },
  platform: {
    page: platform,
    fence: 'ts run',
    around: {
      ...texts('baseUrl', 'serviceToken', 'adminToken', 'appId', 'userId', 'sessionId', 'orgId', 'stagedFile'),
      outbox: "(import('@stowage/server').LifecycleEvent)[]",
    },
    functions: [
      'const save = async (config: unknown) => console.log("saved", JSON.stringify(config));',
      'const sent = async (eventId: string) => console.log("sent", eventId);',
    ].join('\n'),
  },
  tokens: {
    page: platform,
    fence: 'ts run tokens',
    around: {
      ...texts('baseUrl', 'issuer', 'audience', 'appId', 'userId', 'sessionId', 'lockId', 'orgId'),
      issuerKey: "import('jose').JWK & { kid: string }",
    },
  },
  receiver: {
    page: platform,
    fence: 'ts run receiver',
    around: { ...texts('secret'), port: 'number' },
  },
  scanner: {
    page: platform,
    fence: 'ts run scanner',
    around: { ...texts('baseUrl', 'serviceToken'), messages: '{ fileId: string }[]' },
    functions:
      'const scan = async (bytes: Buffer) => (bytes.includes("harmful") ? "Harmful-Test-Signature" : undefined);',
  },
  mobile: {
    page: mobile,
    fence: 'ts run',
    around: texts('baseUrl', 'userToken'),
    functions: 'const token = async () => userToken;',
  },
};

/** Programs of pages, which a browser runs. */
export const inBrowser: Record<string, PageProgram> = {
  iframe: { page: author, fence: 'ts run iframe', around: texts('parentOrigin') },
  react: { page: author, fence: 'tsx run react', around: texts('parentOrigin'), jsx: true },
  element: { page: author, fence: 'ts run element', around: texts('parentOrigin') },
  page: {
    page: platform,
    fence: 'ts run page',
    around: texts('extensionOrigin', 'baseUrl', 'appId', 'token'),
    functions: [
      'const userToken = async () => token;',
      'const keep = (payload: unknown) => void Object.assign(globalThis, { kept: payload });',
    ].join('\n'),
  },
  session: {
    page: platform,
    fence: 'ts run session',
    around: texts('extensionOrigin', 'baseUrl', 'appId', 'sessionId', 'token'),
    functions: 'const sessionToken = async () => token;',
  },
};
