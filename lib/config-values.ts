/** Values that deploy settings share. */
import * as z from 'zod';

export function parseUrl(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

/** Plain http is let through for this machine only, where the one-machine cloud listens. */
function isLoopback(url: URL): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

/** `continue: false`: what is no URL at all is not also reported as one with a slash too many. */
export const url = z.string().superRefine((value, context) => {
  const parsed = parseUrl(value);
  const refuse = (message: string) => context.addIssue({ code: 'custom', message, continue: false });
  if (!parsed || !['http:', 'https:'].includes(parsed.protocol)) {
    refuse(`"${value}" is not a URL: write it whole, https://host/path`);
  } else if (parsed.username || parsed.password || parsed.search || parsed.hash) {
    refuse('must hold no credentials, query or fragment: remove them');
  } else if (parsed.protocol === 'http:' && !isLoopback(parsed)) {
    refuse(`must use https: write https://${parsed.host}${parsed.pathname}`);
  }
});

export const secretName = z
  .string()
  .regex(/^[\w/+=.@-]{1,500}$/, 'must be the name of a Secrets Manager secret, not its ARN and never the credentials');

export const secretKeyArn = z
  .string()
  .regex(
    /^arn:aws[\w-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
    'must be the ARN of a KMS key, arn:aws:kms:<region>:<account>:key/<id>, not of an alias',
  );
