/** Plain requests, in bounded time, with the clock of whoever answers. */

export interface Seen {
  status: number;
  headers: Headers;
  /** The first 256 KiB of the body. */
  text: string;
  /** Seconds its clock is before ours; undefined where it sends no date. To half a second, which is what `Date` has. */
  skewSeconds: number | undefined;
}

/** Why nothing answered: the code of the connection's failure, never the address. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

const answerMs = 15_000;
const mostBytes = 262_144;

/** Throws `Unreachable`. */
export async function ask(url: string, init: RequestInit = {}): Promise<Seen> {
  const sentAt = Date.now();
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(answerMs), ...init });
    const middle = (sentAt + Date.now()) / 2;
    const date = Date.parse(response.headers.get('date') ?? '');
    const text = (await response.text()).slice(0, mostBytes);
    // `Date` is cut to the second: half a second more is nearest to what it was.
    const skewSeconds = Number.isNaN(date) ? undefined : (date + 500 - middle) / 1000;
    return { status: response.status, headers: response.headers, text, skewSeconds };
  } catch (error) {
    const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } };
    const why =
      name === 'TimeoutError' ? `no answer within ${answerMs / 1000} seconds` : (cause?.code ?? cause?.message);
    throw new Unreachable(why ?? 'no connection');
  }
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
