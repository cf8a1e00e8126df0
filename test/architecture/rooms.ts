/**
 * The rooms of the design and the one way between them: `event -> http -> endpoint -> core -> port <- adapter`, with the
 * contracts beside `http` and the endpoints, and the workspaces around the service. The rules are applied to the source
 * text, so that an import of a type counts as well.
 */
import { resolveSpecifier } from './sources.ts';

const endpointRooms = ['extensions', 'platform', 'admin', 'uploads', 'organizations', 'workers'];

/** Which room a file is in, by its path from the root. */
export function roomOf(file: string): string {
  const [top = '', second = ''] = file.split('/');
  if (file === 'local/main.ts') return 'start';
  if (file === 'client/build.ts') return 'build';
  if (top !== 'functions') return top;
  if (/^functions\/(routes|metric-names|runtime\/env-names)\.ts$/.test(file)) return 'shared';
  if (/^functions\/runtime\/(admin-)?container(-events|-reconcile)?\.ts$/.test(file)) return 'container';
  if (file === 'functions/fallback.ts') return 'fallback';
  return endpointRooms.includes(second) ? 'endpoint' : second;
}

/** Which capability of core a file belongs to: its folder. */
export function capabilityOf(file: string): string {
  return file.split('/')[2] ?? '';
}

/** What each room may import of the others. A room that is missing here, as tests are, may import anything. */
const mayImport: Record<string, readonly string[]> = {
  shared: [],
  core: ['core'],
  adapters: ['adapters', 'core'],
  contracts: ['contracts', 'core'],
  http: ['http', 'contracts', 'core', 'shared'],
  endpoint: ['http', 'contracts', 'core', 'runtime', 'container', 'shared'],
  fallback: ['endpoint', 'runtime'],
  runtime: ['runtime', 'container', 'http', 'contracts', 'core', 'shared'],
  container: ['container', 'runtime', 'adapters', 'contracts', 'core', 'shared'],
  lib: ['lib', 'shared'],
  bin: ['lib'],
  build: [],
  client: ['client'],
  server: ['server', 'build'],
  cli: ['cli', 'server'],
  admin: ['admin', 'server'],
  openapi: ['openapi', 'endpoint', 'contracts', 'core', 'shared', 'package.json'],
  local: ['local', 'lib'],
  start: ['local', 'demo'],
  demo: ['demo', 'admin', 'local', 'client', 'build', 'openapi'],
  examples: ['examples', 'client', 'build'],
};

/** Packages a room stays away from: vendors belong behind a port, and rules belong to nobody's framework. */
const vendors = /^(@aws-sdk|@smithy|sharp$|jose$|aws-cdk-lib|constructs$)/;
const frameworks = /^(@middy|@fastify|aws-lambda$)/;
const mayNotUse: Record<string, readonly RegExp[]> = {
  shared: [/./],
  core: [vendors, frameworks, /^node:(?!crypto$)/],
  adapters: [frameworks, /^aws-cdk-lib/],
  contracts: [vendors, frameworks, /^node:/],
  http: [vendors],
  endpoint: [vendors, frameworks],
  fallback: [/./],
  runtime: [vendors],
  container: [/^aws-cdk-lib/],
};

/** Why a file may not import this, or undefined when it may. */
export function refusal(file: string, specifier: string): string | undefined {
  const room = roomOf(file);
  const target = resolveSpecifier(file, specifier);
  if (target === undefined) {
    const banned = mayNotUse[room]?.some((pattern) => pattern.test(specifier));
    return banned ? `${file}: ${room} may not use ${specifier}` : undefined;
  }
  const allowed = mayImport[room];
  if (!allowed || allowed.includes(roomOf(target))) return undefined;
  return `${file}: ${room} may not import ${target}`;
}
