/** The token issuer: whether its keys can be had, and are such as Stowage takes. */
import { ask, jsonOf, Unreachable } from './ask.ts';
import { clockFinding } from './clock.ts';
import { type Finding, failed, ok, skipped, warning } from './finding.ts';

export interface TokenPlace {
  issuer: string;
  audience: string;
  jwksUrl: string;
}

interface Jwk {
  kty?: string;
  kid?: string;
  use?: string;
  alg?: string;
  crv?: string;
  n?: string;
  d?: string;
  k?: string;
}

/** Curves and kinds that the stage verifies with (docs/operating.md, "First deploy"). */
const curves = ['P-256', 'P-384', 'P-521', 'Ed25519'];

/** Looks at the key set, its clock, and what the issuer says of itself where it says something. */
export async function lookAtIssuer(place: TokenPlace | undefined): Promise<Finding[]> {
  const name = 'issuer.keys';
  if (place === undefined) {
    return [
      skipped(name, 'Where the keys are is not known.', 'Give --admin-token, or --settings .stowage.<stage>.json'),
    ];
  }
  const todo = `curl -i ${place.jwksUrl}`;
  const seen = await ask(place.jwksUrl).catch(unreachable);
  if (seen instanceof Unreachable) return [failed(name, `The keys cannot be had: ${seen.message}.`, todo)];
  const { keys } = (jsonOf(seen.text) ?? {}) as { keys?: Jwk[] };
  if (seen.status !== 200 || !Array.isArray(keys)) {
    return [
      failed(
        name,
        `The address of the keys answers ${seen.status}${seen.status === 200 ? ' and no key set' : ''}.`,
        todo,
      ),
    ];
  }
  return [keysFinding(name, keys, todo), clockFinding('issuer', seen.skewSeconds), await lookAtDiscovery(place)];
}

const unreachable = (error: unknown) => {
  if (error instanceof Unreachable) return error;
  throw error;
};

function keysFinding(name: string, keys: Jwk[], todo: string): Finding {
  const secret = keys.find(({ d, k }) => d !== undefined || k !== undefined);
  if (secret !== undefined) {
    const found = `The key set publishes a secret: key ${secret.kid ?? 'without kid'} has its private part in it.`;
    return failed(name, found, 'Take it out of the JWKS, and make a new key: this one is known to everybody.');
  }
  const usable = keys.filter(isUsable);
  const words = usable.map(({ kty, crv, kid }) => `${crv ?? kty} ${kid ?? 'without kid'}`).join(', ');
  if (usable.length === 0) {
    return failed(
      name,
      `None of its ${keys.length} keys is one that Stowage takes (RSA of 2048 bits, P-256, P-384, P-521, Ed25519; for signatures).`,
      todo,
    );
  }
  const ids = usable.map(({ kid }) => kid);
  if (usable.length > 1 && new Set(ids.filter((kid) => kid !== undefined)).size < ids.length) {
    return warning(
      name,
      `Keys that no kid tells apart: ${words}.`,
      'Give each key of the JWKS a kid of its own, and every token the kid of its key.',
    );
  }
  return ok(name, `${usable.length} of ${keys.length} keys can be used: ${words}.`);
}

function isUsable({ kty, crv, use, n = '' }: Jwk): boolean {
  if (use !== undefined && use !== 'sig') return false;
  if (kty === 'RSA') return Buffer.from(n, 'base64url').length >= 256;
  return (kty === 'EC' || kty === 'OKP') && curves.includes(crv ?? '');
}

/** OpenID Connect Discovery 1.0, 4: where the issuer publishes it, it has to say what the stage was told. */
async function lookAtDiscovery({ issuer, jwksUrl }: TokenPlace): Promise<Finding> {
  const name = 'issuer.discovery';
  const seen = await ask(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`).catch(unreachable);
  const told = seen instanceof Unreachable || seen.status !== 200 ? undefined : jsonOf(seen.text);
  const { issuer: itself, jwks_uri: keys } = (told ?? {}) as { issuer?: string; jwks_uri?: string };
  if (itself === undefined) return skipped(name, 'The issuer says nothing of itself, which it need not.');
  const todo = 'Correct tokens in the deploy settings, then: npx cdk deploy -c stage=<stage>';
  if (itself !== issuer)
    return failed(name, `The issuer calls itself ${itself}; the stage takes ${issuer}, letter by letter.`, todo);
  if (keys !== undefined && keys !== jwksUrl)
    return warning(name, `The issuer names ${keys} for its keys; the stage asks ${jwksUrl}.`, todo);
  return ok(name, 'The issuer says what the stage was told.');
}
