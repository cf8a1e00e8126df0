/** The one HTML page of the administration, and the policy it runs under. */

export interface PageOptions {
  /** The API's origin; the page's own when left out. */
  apiUrl?: string;
  /** Where links of files lead: R2's endpoint. */
  filesOrigins?: string[];
  /** The one-machine cloud gives tokens to whoever asks, and the page offers one. */
  isDemo?: boolean;
}

/**
 * What the page may do: run and style itself from its own files, call the API, and show pictures of the files' origins.
 * `blob:` and inline code are nowhere in it; the blurs of pictures are `data:`.
 */
export function adminPolicy({ apiUrl, filesOrigins = [] }: PageOptions): Record<string, string> {
  return {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': ["'self'", 'data:', ...filesOrigins].join(' '),
    'connect-src': ["'self'", ...(apiUrl ? [apiUrl] : [])].join(' '),
    'base-uri': "'none'",
    'form-action': "'none'",
  };
}

/** The directives as a header has them. */
export const policyText = (policy: Record<string, string>) =>
  Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');

/** The page. The policy is in it too, since not every static host lets one set a header. */
export function adminHtml(options: PageOptions): string {
  const meta = (name: string, content: string) => `<meta name="${name}" content="${escaped(content)}" />`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="content-security-policy" content="${escaped(policyText(adminPolicy(options)))}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="referrer" content="no-referrer" />
    <meta name="robots" content="noindex" />
    <meta name="color-scheme" content="light dark" />
    ${meta('stowage-api', options.apiUrl ?? '')}
    ${meta('stowage-demo', `${options.isDemo ?? false}`)}
    <title>Stowage administration</title>
    <link rel="icon" href="icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="admin.css" />
    <script type="module" src="admin.js"></script>
  </head>
  <body>
    <div id="root"></div>
    <noscript>The administration page needs JavaScript.</noscript>
  </body>
</html>
`;
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
