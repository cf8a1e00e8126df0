import { createHash } from 'node:crypto';
import type { FileEvent, QuotaEvent } from './event.ts';
import type { QuotaState, QuotaStore } from './ports.ts';
import { send, type TellDeps } from './tell.ts';

/** Percent of an app's limit whose passing is told. */
export const thresholds = [80, 95] as const;

/** Percent of the limit that an app must fall below a threshold before passing it is told again. */
const slackPercent = 5;

/** An app that is being used is looked at this often at least. */
const everyMs = 60_000;

/**
 * How often an app may be looked at before what is left to the next threshold can have been used: other shards of the
 * stream, of which this instance hears nothing, count towards it as well.
 */
const looksPerRoom = 8;

/** What an instance remembers of an app: when it looked, and how many bytes may come and go before it must look again. */
interface Look {
  at: number;
  upBytes: number;
  downBytes: number;
}

export interface QuotaWatchDeps extends TellDeps {
  quotas: QuotaStore;
  now(): Date;
}

/**
 * Tells when an app passes 80 and 95 percent of its limit (docs/contract.md, "Events"). An app's counter lies in 80 slices,
 * and whoever counts in one knows nothing of the sum; so nobody who uploads pays for this. The worker reads the sum, at
 * most as often as the bytes it hears of could have carried the app to a threshold, and once a minute while there are
 * any: an app without uploads costs nothing, and a busy one a batch read a minute and some more near a threshold.
 */
export function createQuotaWatch(deps: QuotaWatchDeps) {
  const looks = new Map<string, Look>();

  /**
   * Answers the apps that could not be looked at or told of, with the reason. Their events must come again, or nobody
   * might look until the next upload.
   */
  return async function watchQuotas(events: FileEvent[]): Promise<Map<string, unknown>> {
    const failed = new Map<string, unknown>();
    for (const [appId, { upBytes, downBytes }] of bytesByApp(events)) {
      const look = looks.get(appId);
      const now = deps.now().getTime();
      if (look !== undefined) {
        look.upBytes -= upBytes;
        look.downBytes -= downBytes;
        if (look.upBytes > 0 && look.downBytes > 0 && now - look.at < everyMs) continue;
      }
      looks.delete(appId);
      try {
        const state = await deps.quotas.read(appId);
        await tell(appId, state);
        looks.set(appId, lookOf(state, now));
      } catch (error) {
        failed.set(appId, error);
      }
    }
    return failed;
  };

  /** The event first, then the mark: a kill in between tells it twice, under one id. */
  async function tell(appId: string, state: QuotaState): Promise<void> {
    const { mark, usedBytes, limitBytes } = state;
    const threshold = thresholdOf(state);
    if (threshold === mark.threshold) return;
    if (threshold > mark.threshold) {
      const event: QuotaEvent = {
        id: idOf(appId, mark.turn + 1, threshold),
        type: 'quota.near',
        time: deps.now().toISOString(),
        version: 1,
        source: deps.source,
        data: { appId, threshold, usedBytes, limitBytes },
      };
      const { ids, error } = await send(deps, [event]);
      if (ids.size > 0) throw new Error('Not every receiver took the event quota.near.', { cause: error });
    }
    // Who moved it meanwhile told what it then was.
    await deps.quotas.mark(appId, mark, threshold);
  }
}

/** Of one crossing, whoever tells it. An app's own id may hold a dot, which an id of a signed webhook should not. */
function idOf(...crossing: [appId: string, turn: number, threshold: number]): string {
  return `evt_quota_${createHash('sha256').update(JSON.stringify(crossing)).digest('hex').slice(0, 32)}`;
}

/** The threshold an app is above. One it was above already is left only once there is some distance. */
export function thresholdOf({ usedBytes, limitBytes, mark }: QuotaState): number {
  const passed = thresholds.filter((threshold) => {
    const from = threshold <= mark.threshold ? threshold - slackPercent : threshold;
    return limitBytes > 0 && 100 * usedBytes >= from * limitBytes;
  });
  return passed.at(-1) ?? 0;
}

/** How far it is to the next threshold, and down to where the present one is left, in parts. */
function lookOf({ usedBytes, limitBytes, mark }: QuotaState, at: number): Look {
  const current = thresholdOf({ usedBytes, limitBytes, mark });
  const bytesAt = (percent: number) => (percent * limitBytes) / 100;
  const next = thresholds.find((threshold) => threshold > current);
  return {
    at,
    upBytes: next === undefined ? Number.POSITIVE_INFINITY : (bytesAt(next) - usedBytes) / looksPerRoom,
    downBytes: current === 0 ? Number.POSITIVE_INFINITY : (usedBytes - bytesAt(current - slackPercent)) / looksPerRoom,
  };
}

function bytesByApp(events: FileEvent[]): Map<string, { upBytes: number; downBytes: number }> {
  const apps = new Map<string, { upBytes: number; downBytes: number }>();
  for (const { type, data } of events) {
    if (data.appId === undefined || (type !== 'file.ready' && type !== 'file.deleted')) continue;
    const app = apps.get(data.appId) ?? { upBytes: 0, downBytes: 0 };
    if (type === 'file.ready') app.upBytes += data.sizeBytes;
    else app.downBytes += data.sizeBytes;
    apps.set(data.appId, app);
  }
  return apps;
}
