/**
 * Builds the administration page into static files: `npm run build -w admin -- --api https://files.example.com
 * --files https://<account>.r2.cloudflarestorage.com`. The one-machine cloud and the tests build with the same functions.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build, stop } from 'esbuild';
import { adminHtml, adminPolicy, type PageOptions, policyText } from './page.ts';

const root = import.meta.dirname;

/** The page's files by name, apart from the HTML. */
export type AdminFiles = Record<'admin.js' | 'admin.css' | 'icon.svg' | 'licenses.txt', Uint8Array>;

/** Bundles script and stylesheet. Rejects with what esbuild has against them. */
export async function bundleAdmin(): Promise<AdminFiles> {
  const { outputFiles, metafile } = await build({
    entryPoints: [
      { in: path.join(root, 'src/main.tsx'), out: 'admin' },
      { in: path.join(root, 'src/style.css'), out: 'style' },
    ],
    outdir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['es2023', 'chrome120', 'firefox121', 'safari17'],
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    // The licences of what is in it are in a file of their own.
    legalComments: 'none',
    metafile: true,
    absWorkingDir: root,
    write: false,
    logLevel: 'silent',
  });
  // Its service process would stay for nothing.
  await stop();
  const named = (name: string) => {
    const file = outputFiles.find((output) => path.basename(output.path) === name);
    if (!file) throw new Error(`esbuild gave no ${name}`);
    return file;
  };
  const css = `${await libraryVariables()}${named('style.css').text}`;
  return {
    'admin.js': named('admin.js').contents,
    'admin.css': Buffer.from(css),
    'icon.svg': await readFile(path.join(root, 'icon.svg')),
    'licenses.txt': Buffer.from(await licensesOf(Object.keys(metafile.inputs))),
  };
}

/** The licences of the packages that files come from, whose terms are to be kept with every copy. */
async function licensesOf(inputs: string[]): Promise<string> {
  const packages = new Set(inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  const texts = [...packages].sort().map(async (folder) => {
    const absolute = path.resolve(root, folder);
    const { name, version, license } = JSON.parse(await readFile(path.join(absolute, 'package.json'), 'utf8'));
    const file = (await readdir(absolute)).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
    const text = file === undefined ? '' : await readFile(path.join(absolute, file), 'utf8');
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(72)}\n\n`);
}

/**
 * The library's CSS variables for the page's theme. At run time it would write them into a `<style>` element, which
 * `style-src 'self'` refuses.
 */
async function libraryVariables(): Promise<string> {
  const library = await import('@mantine/core');
  const { theme, variables } = await import('./src/theme.ts');
  const merged = library.mergeMantineTheme(library.DEFAULT_THEME, theme);
  const [shared, own] = [library.defaultCssVariablesResolver(merged), variables(merged)];
  return library
    .convertCssVariables({
      variables: { ...shared.variables, ...own.variables },
      light: { ...shared.light, ...own.light },
      dark: { ...shared.dark, ...own.dark },
    })
    .replace(/\s*\n\s*/g, '');
}

/** Headers for hosts that read them from a file (Cloudflare Pages, Netlify); a frame can be refused in a header only. */
function headersFile(options: PageOptions): string {
  const policy = policyText({ ...adminPolicy(options), 'frame-ancestors': "'none'" });
  return [
    '/*',
    `  Content-Security-Policy: ${policy}`,
    '  X-Content-Type-Options: nosniff',
    '  X-Frame-Options: DENY',
    '  Referrer-Policy: no-referrer',
    '  Cache-Control: no-cache',
    '',
  ].join('\n');
}

/** Writes everything a static host serves into `outdir`, which is emptied first. */
export async function writeAdmin(outdir: string, options: PageOptions): Promise<void> {
  const files = await bundleAdmin();
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(outdir, name), content);
  await writeFile(path.join(outdir, 'index.html'), adminHtml(options));
  await writeFile(path.join(outdir, '_headers'), headersFile(options));
}

/** An origin and nothing more, as a policy names it. Throws where the text is none. */
function originOf(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  throw new Error(`--${option} is "${text}": give an origin like https://files.example.com, without a path`);
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      options: {
        api: { type: 'string' },
        files: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
      },
    });
    if (values.api === undefined)
      throw new Error('--api is missing: the origin of the API, like https://files.example.com');
    const filesOrigins = values.files.map((text) => originOf('files', text));
    await writeAdmin(path.resolve(values.out ?? path.join(root, 'dist')), {
      apiUrl: originOf('api', values.api),
      filesOrigins,
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
