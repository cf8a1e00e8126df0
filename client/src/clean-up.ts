import type { Api } from './api.ts';
import { isPassing } from './retry.ts';

/** Gives back what uploads left behind: reservations, and files stored after their upload was aborted. */
export interface CleanUp {
  /** Deletes at `path`, now or, where that cannot be sent, later; tells whether it is done. Never rejects. */
  giveBack(path: string): Promise<boolean>;
  /** Sends what could not be sent, all that waits at once. Never rejects. */
  catchUp(): Promise<void>;
  /** Withdraws what waits; false when nothing does, or when it is being sent. */
  withdraw(path: string): boolean;
}

const firstPauseMs = 1000;
const longestPauseMs = 300_000;

/** An upload that starts waits no longer than this for what was left behind, milliseconds: a line may be dead. */
const patienceMs = 5000;

interface Page {
  addEventListener?: (type: 'online', listener: () => void) => void;
  removeEventListener?: (type: 'online', listener: () => void) => void;
}

/**
 * The clean-up of one uploader. What waits is sent before its next upload, when the browser is online again, and after
 * growing pauses; it lives as long as the page or process, which it does not keep alive.
 */
export function createCleanUp(api: Api): CleanUp {
  const page = globalThis as Page;
  const waiting = new Set<string>();
  let pauseMs = firstPauseMs;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function giveBack(path: string): Promise<boolean> {
    try {
      await api.call('DELETE', path, { retry: { attempts: 1 } });
    } catch (error) {
      // Anything else is final: most often there is nothing to delete.
      if (!isPassing(error)) return true;
      waiting.add(path);
      schedule();
      return false;
    }
    return true;
  }

  async function sendAll(): Promise<void> {
    clearTimeout(timer);
    page.removeEventListener?.('online', wake);
    const paths = [...waiting];
    waiting.clear();
    const sent = await Promise.all(paths.map(giveBack));
    pauseMs = sent.includes(false) ? Math.min(longestPauseMs, pauseMs * 2) : firstPauseMs;
  }

  const wake = () => void sendAll();

  function schedule(): void {
    clearTimeout(timer);
    timer = setTimeout(wake, pauseMs);
    (timer as { unref?: () => void }).unref?.();
    // The same listener twice is one.
    page.addEventListener?.('online', wake);
  }

  return {
    giveBack,
    withdraw: (path) => waiting.delete(path),
    async catchUp() {
      if (waiting.size === 0) return;
      let patience: ReturnType<typeof setTimeout> | undefined;
      const tired = new Promise<void>((resolve) => {
        patience = setTimeout(resolve, patienceMs);
      });
      await Promise.race([sendAll(), tired]);
      clearTimeout(patience);
    },
  };
}
