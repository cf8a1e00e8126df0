import { invocationIds } from './invocation.ts';

/** Query strings with a signature, bearer tokens, developer keys and secrets of webhooks, wherever they hide in a text. */
const secrets: [RegExp, string][] = [
  [/([?&](?:X-Amz-[A-Za-z-]+|x-id)=)[^&\s"']*/gi, '$1[redacted]'],
  [/\bBearer\s+[A-Za-z0-9._~+/=-]+/gi, 'Bearer [redacted]'],
  [/\bsk_[A-Za-z0-9._:@|-]+_[A-Za-z0-9_-]{43}/g, '[redacted developer key]'],
  [/\bwhsec_[A-Za-z0-9+/=]+/g, '[redacted webhook secret]'],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, '[redacted token]'],
];

/** Characters of a text that are looked at; what follows a half of a secret is not kept either. */
const mostCharacters = 20_000;

export function redact(text: string): string {
  const head = text.slice(0, mostCharacters);
  const whole = head.length < text.length ? head.slice(0, head.lastIndexOf(' ') + 1) : head;
  return secrets.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), whole);
}

/** Name, message and stack of an error and of its causes, redacted. Bodies and `data` fields are left out on purpose. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: redact(String(error)).slice(0, 500) };
  return {
    name: error.name,
    message: redact(error.message).slice(0, 1000),
    stack: redact(error.stack ?? '').slice(0, 4000),
    ...(error.cause !== undefined && depth < 3 && { cause: describeError(error.cause, depth + 1) }),
  };
}

/** One JSON line to standard output, which Lambda hands to CloudWatch Logs, with the ids of the invocation it belongs to. */
export function log(level: 'INFO' | 'WARN' | 'ERROR', message: string, facts: Record<string, unknown> = {}): void {
  const line = { level, timestamp: new Date().toISOString(), message, ...invocationIds(), ...facts };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
