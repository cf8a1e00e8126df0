/** What a look at something found, and what to do about it. */
export interface Finding {
  /** `<part>.<what>`. */
  name: string;
  state: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What is so, for people. */
  found: string;
  /** What to do, as a command to paste where there is one. */
  todo?: string;
}

export const ok = (name: string, found: string): Finding => ({ name, state: 'ok', found });
export const failed = (name: string, found: string, todo: string): Finding => ({ name, state: 'failed', found, todo });
export const warning = (name: string, found: string, todo: string): Finding => ({
  name,
  state: 'warning',
  found,
  todo,
});
export const skipped = (name: string, found: string, todo?: string): Finding => ({
  name,
  state: 'skipped',
  found,
  ...(todo !== undefined && { todo }),
});

/** One part looked at: what it throws is a finding too, and stops no other part. */
export async function looked(name: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [failed(name, message, 'Run it again; where it says the same, the message is the place to begin.')];
  }
}
