'use strict';
/**
 * Preloaded before anything in TypeScript, because an older Node would only say "Unknown file extension .ts". Plain
 * CommonJS, so that every Node can read it. Node 24 is the major the functions run on; npm and npx find it in
 * node_modules/.bin, whatever Node is installed.
 */
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `Stowage needs Node 24 or newer, and this is ${process.version}. After "npm ci" the right one lies in ` +
      'node_modules/.bin: use "npm run synth" or "npx cdk ...", or put that folder first in PATH.',
  );
  process.exit(1);
}
