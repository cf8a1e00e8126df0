/** The API from outside: whether it answers, takes tokens, lets pages in; and what it says of itself. */
import { createAdmin, type Health, isStowageError } from '../../../server/src/index.ts';
import type { Proofs } from '../verify/proofs.ts';
import { ask, jsonOf, Unreachable } from './ask.ts';
import { clockFinding } from './clock.ts';
import { type Finding, failed, ok, skipped, warning } from './finding.ts';

/** Whether the address is a Stowage at all, by what it says of a path that is none. */
export async function lookAtApi(baseUrl: string): Promise<Finding[]> {
  const name = 'stage.reached';
  const seen = await ask(`${baseUrl}/doctor-looks-for-no-such-path`).catch((error: unknown) => {
    if (error instanceof Unreachable) return error;
    throw error;
  });
  if (seen instanceof Unreachable) {
    const todo = 'aws cloudformation describe-stacks --stack-name stowage-<stage> --query "Stacks[0].Outputs"';
    return [failed(name, `Nothing answers at ${baseUrl}: ${seen.message}.`, todo)];
  }
  const { code, requestId } = (jsonOf(seen.text) ?? {}) as { code?: unknown; requestId?: unknown };
  const answers =
    seen.status === 404 && code === 'not_found' && typeof requestId === 'string'
      ? ok(name, `${baseUrl} answers as Stowage does.`)
      : failed(
          name,
          `${baseUrl} answers ${seen.status}, and not as Stowage does.`,
          'Give --url as the stack prints it (output ApiUrl).',
        );
  return [answers, clockFinding('api', seen.skewSeconds)];
}

/** Whether a good token is taken and a spoilt one is not. Why one is refused, its own claims say. */
export async function lookAtTokens(
  baseUrl: string,
  proofs: Proofs,
  where?: Pick<Health, 'tokens'>,
): Promise<Finding[]> {
  const name = 'tokens.round-trip';
  const token = proofs.can('admin')
    ? { path: '/admin/uploads/settings', text: await proofs.admin() }
    : proofs.can('user')
      ? { path: '/v1/upload?limit=1', text: await proofs.user('stowage-doctor') }
      : undefined;
  if (token === undefined) return [skipped(name, 'No token is given.', 'stowage doctor --admin-token @<file>')];
  const get = async (text: string) => await ask(baseUrl + token.path, { headers: { authorization: `Bearer ${text}` } });
  const good = await get(token.text);
  if (good.status === 401) return [failed(name, `The token is refused. ${whyRefused(token.text, where)}`, mintAnother)];
  if (good.status === 403) return [failed(name, 'The token is good and has not the scope admin.', mintAnother)];
  if (good.status === 503)
    return [
      failed(
        name,
        'The stage cannot check tokens now: it does not get the issuer’s keys.',
        'curl -i <jwksUrl>   # see issuer.keys',
      ),
    ];
  if (good.status !== 200)
    return [failed(name, `A good token is answered ${good.status}.`, 'Look for the request in the access log.')];
  const spoilt = await get(`${token.text.slice(0, token.text.lastIndexOf('.'))}.${'A'.repeat(86)}`);
  if (spoilt.status !== 401)
    return [
      failed(
        name,
        `A token with a signature of nobody is answered ${spoilt.status}.`,
        'Take the stage off the network, and see who deployed what.',
      ),
    ];
  return [ok(name, 'A token is taken, and the same with another signature is not.')];
}

const mintAnother = 'See docs/operating.md, "First deploy", step 5, for the claims of each token.';

/** What a token says against what the stage takes; the token itself is not shown. */
function whyRefused(token: string, where: Pick<Health, 'tokens'> | undefined): string {
  const part = (index: number) =>
    jsonOf(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as Record<string, unknown> | undefined;
  const [header, claims] = [part(0), part(1)];
  if (header === undefined || claims === undefined) return 'It is no JWT.';
  const exp = Number(claims.exp);
  const faults = [
    Number.isFinite(exp) && exp * 1000 < Date.now()
      ? `it was over at ${new Date(exp * 1000).toISOString()}`
      : undefined,
    claims.exp === undefined ? 'it has no exp' : undefined,
    ['user', 'session', 'service'].includes(String(claims.token_use)) ? undefined : 'it has no token_use',
    where !== undefined && claims.iss !== where.tokens.issuer
      ? `its iss is ${claims.iss} and not ${where.tokens.issuer}`
      : undefined,
    where !== undefined && ![claims.aud].flat().includes(where.tokens.audience)
      ? `its aud is ${claims.aud} and not ${where.tokens.audience}`
      : undefined,
  ].filter((fault) => fault !== undefined);
  const unseen = `Its claims show no fault: compare iss and aud letter by letter, and its kid ${String(header.kid)} with the JWKS.`;
  return faults.length === 0 ? unseen : `${faults.join('; ')}.`;
}

/** Whether pages of these origins may call the API. */
export async function lookAtApiCors(baseUrl: string, origins: readonly string[]): Promise<Finding[]> {
  const name = 'cors.api';
  if (origins.length === 0)
    return [skipped(name, 'No page is named.', 'stowage doctor --origin https://app.example.com')];
  return await Promise.all(
    origins.map(async (origin) => {
      const headers = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      };
      const seen = await ask(`${baseUrl}/v1/upload`, { method: 'OPTIONS', headers });
      const allowed = seen.headers.get('access-control-allow-origin');
      if (seen.status < 300 && (allowed === origin || allowed === '*'))
        return ok(name, `Pages of ${origin} may call the API.`);
      return failed(
        name,
        `Pages of ${origin} may not call the API.`,
        `Add it to corsOrigins of the deploy settings, then: npx cdk deploy -c stage=<stage>`,
      );
    }),
  );
}

export interface Inside {
  health?: Health;
  findings: Finding[];
}

/** What the stage sees of itself. */
export async function lookInside(baseUrl: string, proofs: Proofs): Promise<Inside> {
  const name = 'inside.health';
  if (!proofs.can('admin')) {
    const found = 'Needs a token with scope admin: secret, buckets and binding are seen from inside alone.';
    return { findings: [skipped(name, found, 'stowage doctor --admin-token @<file>')] };
  }
  try {
    const sentAt = Date.now();
    const health = await createAdmin({ baseUrl, token: await proofs.admin(), retries: 2 }).health();
    // The answer may be of five seconds ago.
    const skew = (Date.parse(health.at) - (sentAt + Date.now()) / 2) / 1000;
    const clock = clockFinding('function', Math.abs(skew) <= 6 ? 0 : skew);
    return { health, findings: [...health.checks.map(findingOf(health)), clock] };
  } catch (error) {
    if (!isStowageError(error)) throw error;
    const found = `GET /admin/health is refused: ${error.code}. ${error.message}`;
    return {
      findings: [
        failed(name, found, 'See tokens.round-trip; a stage of an older version has no such route: deploy it.'),
      ],
    };
  }
}

const findingOf =
  (health: Health) =>
  ({ name, state, code = '', message }: Health['checks'][number]): Finding => {
    const full = `inside.${name}`;
    if (state === 'ok') return ok(full, message);
    const todo = whatToDo(code, health) ?? 'See docs/operating.md, "What stops reconcile".';
    if (state === 'failed') return failed(full, message, todo);
    return code === 'not_looked_at' ? skipped(full, message) : warning(full, message, todo);
  };

function whatToDo(code: string, { r2 }: Health): string | undefined {
  const secret = r2?.secretName ?? 'stowage/<stage>/r2';
  const put = `aws secretsmanager put-secret-value --secret-id ${secret} --secret-string '{"accessKeyId":"…","secretAccessKey":"…"}'`;
  const todos: Record<string, string> = {
    secret_denied: put,
    secret_unavailable: `aws secretsmanager describe-secret --secret-id ${secret}`,
    storage_not_configured: 'Set r2 in the deploy settings, then: npx cdk deploy -c stage=<stage>',
    bucket_denied: `${put}   # of an R2 token with Object Read & Write on these buckets`,
    bucket_unavailable: `curl -sS -o /dev/null -w '%{http_code}\\n' ${r2?.endpoint ?? '<endpoint>'}`,
    bucket_of_another_table: 'stowage reconcile   # changes nothing; says which table the bucket belongs to',
    table_restored: 'Follow docs/operating.md, "After a restore".',
    bucket_without_marker: 'stowage reconcile   # changes nothing; then correct the settings, or --fix --confirm',
    unbound: 'stowage reconcile --fix',
    reconcile_never_completed:
      'Wait for the hour. Where it says the same then: aws logs tail --since 2h <log group of WorkersReconcile>',
    reconcile_overdue: 'stowage reconcile',
    table_unavailable:
      'aws logs tail --since 10m --filter-pattern "the table could not be read" <log group of AdminHealth>',
  };
  return todos[code];
}
