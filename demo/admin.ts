/** The administration page on this machine: the same files that a static host serves, under `/admin/`. */
import { type AdminFiles, bundleAdmin } from '../admin/build.ts';
import { adminHtml, adminPolicy, type PageOptions, policyText } from '../admin/page.ts';
import type { GatewayResponse } from '../local/gateway/response.ts';
import { content } from './assets.ts';

let kept: Promise<AdminFiles> | undefined;

/** Bundled when first asked for. A failure is not kept, so that a mended source needs no restart. */
function files(): Promise<AdminFiles> {
  const bundled = kept ?? bundleAdmin();
  kept = bundled;
  bundled.catch(() => {
    kept = undefined;
  });
  return bundled;
}

/** A file below `/admin/`, the page itself under no name; undefined when there is none. `r2Endpoint` serves the pictures. */
export async function adminFile(name: string, r2Endpoint: string): Promise<GatewayResponse | undefined> {
  if (name === '') {
    const options: PageOptions = { filesOrigins: [r2Endpoint], isDemo: true };
    const policy = policyText({ ...adminPolicy(options), 'frame-ancestors': "'none'" });
    return content('html', adminHtml(options), { 'content-security-policy': policy, 'referrer-policy': 'no-referrer' });
  }
  if (!/^(admin\.(js|css)|icon\.svg|licenses\.txt)$/.test(name)) return undefined;
  const all = await files();
  return content(name.split('.')[1] ?? '', all[name as keyof AdminFiles]);
}
