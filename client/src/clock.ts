/**
 * The machine's clock, put right by what the API says the time is: whether a link is over is the server's to say, and
 * people's clocks are minutes off. The difference is kept on `globalThis`, since every entry of this package brings its
 * own copy of this module, and a machine has one clock.
 */
const ahead = Symbol.for('@stowage/client: ms the server is ahead');
const machine = globalThis as { [ahead]?: number };

/** Milliseconds that the server's clock is ahead of this machine's; 0 until an answer told. */
export const aheadMs = (): number => machine[ahead] ?? 0;

/** The server's time now, milliseconds since the epoch; right to a second or two. */
export const serverNow = (): number => Date.now() + aheadMs();

/** Learns from an answer's `date` header, which a browser shows of another origin only where the API exposes it. */
export function noteDate(header: string | null): void {
  noteAhead(Date.parse(header ?? '') - Date.now());
}

/** Learns the difference from somebody on the same machine who knows it; anything but a number is ignored. */
export function noteAhead(ms: unknown): void {
  if (Number.isFinite(ms)) machine[ahead] = ms as number;
}
