/** The public bucket's domain: what it adds to answers, which R2 does not store. */
import { ask, Unreachable } from './ask.ts';
import { type Finding, failed, ok, skipped, warning } from './finding.ts';

/** A rule of response headers holds for every answer, so that one without a file shows it, too. */
export async function lookAtDomain(publicBaseUrl: string | undefined): Promise<Finding[]> {
  if (publicBaseUrl === undefined) return [skipped('domain.reached', 'No public domain is configured.')];
  const seen = await ask(`${publicBaseUrl}/doctor-looks-for-no-such-file`).catch((error: unknown) => {
    if (error instanceof Unreachable) return error;
    throw error;
  });
  const bind = 'wrangler r2 bucket domain list <publicBucket>';
  if (seen instanceof Unreachable)
    return [failed('domain.reached', `Nothing answers at ${publicBaseUrl}: ${seen.message}.`, bind)];
  const reached =
    seen.status === 404
      ? ok('domain.reached', `${publicBaseUrl} answers.`)
      : failed(
          'domain.reached',
          `${publicBaseUrl} answers ${seen.status}, and not 404, to a name that no file has.`,
          bind,
        );
  const nosniff =
    seen.headers.get('x-content-type-options')?.toLowerCase() === 'nosniff'
      ? ok('domain.nosniff', 'Browsers are told to believe the types.')
      : failed(
          'domain.nosniff',
          'Answers lack X-Content-Type-Options: nosniff.',
          'Cloudflare dashboard, Rules, Transform Rules, Modify Response Header: set X-Content-Type-Options to nosniff for this host',
        );
  return [reached, nosniff, developmentDomain(publicBaseUrl), cookies(seen.headers)];
}

/** Cloudflare: "Public buckets": r2.dev is rate limited and for development. */
function developmentDomain(publicBaseUrl: string): Finding {
  const name = 'domain.own';
  if (!new URL(publicBaseUrl).hostname.endsWith('.r2.dev')) return ok(name, 'It is a domain of your own.');
  const todo =
    'wrangler r2 bucket domain add <publicBucket> --domain files.example.com --zone-id <zone id> --min-tls 1.2';
  return warning(
    name,
    'It is an r2.dev domain, which is for development: it is rate limited and takes no rules.',
    todo,
  );
}

/** Files of strangers live there: a cookie of the domain would be theirs to misuse. */
function cookies(headers: Headers): Finding {
  const name = 'domain.cookies';
  if (headers.get('set-cookie') === null) return ok(name, 'It sets no cookie.');
  return warning(
    name,
    'It sets cookies, beside files of strangers.',
    'Serve nothing else on that domain (docs/contract.md, "Upload a file").',
  );
}
