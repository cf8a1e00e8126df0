import type { AppSettings } from '#core/extensions/settings.ts';
import type { Usage } from '#core/files/record.ts';
import type { Page, PageRequest } from '#core/files/store.ts';

/** An app that an administrator made something for, or that stored something. */
export interface RegisteredApp {
  appId: string;
  /** ISO 8601; unknown of apps that are older than the list of them. */
  createdAt?: string;
  /** ISO 8601: when an administrator last changed its settings or keys. */
  updatedAt?: string;
}

export interface AppSummary extends RegisteredApp {
  settings: AppSettings;
  usage: Usage;
}

/** All apps there are, in the order of their ids. */
export interface AppRegistry {
  /** Eventually consistent, and so is `look`. */
  list(page: PageRequest): Promise<Page<RegisteredApp>>;
  look(appId: string): Promise<{ settings: AppSettings; usage: Usage }>;
}

/** Entries a request reads at most while it searches; they are small. */
const mostRead = 2000;

/** Apps looked at together: each is a batch read of its settings and its counter's 81 parts. */
const together = 10;

/**
 * A page of the apps whose id contains `search`, in capitals or not. What a request reads is bounded: where few apps match, a
 * page may be short, even empty, and its cursor goes on behind what was read.
 */
export async function listApps(
  registry: AppRegistry,
  { search = '', limit, cursor }: PageRequest & { search?: string | undefined },
): Promise<Page<AppSummary>> {
  const wanted = search.toLowerCase();
  const found: RegisteredApp[] = [];
  let after = cursor;
  for (let read = 0; ; ) {
    const page = await registry.list({ limit: wanted === '' ? limit : mostRead / 4, cursor: after });
    for (const app of page.items) {
      read += 1;
      after = app.appId;
      if (app.appId.toLowerCase().includes(wanted)) found.push(app);
      if (found.length === limit) break;
    }
    const isLast = page.cursor === undefined && after === (page.items.at(-1)?.appId ?? after);
    if (isLast) return { items: await summaries(registry, found) };
    if (found.length === limit || read >= mostRead) {
      return { items: await summaries(registry, found), ...(after !== undefined && { cursor: after }) };
    }
  }
}

async function summaries(registry: AppRegistry, apps: RegisteredApp[]): Promise<AppSummary[]> {
  const shown: AppSummary[] = [];
  for (let start = 0; start < apps.length; start += together) {
    const some = apps.slice(start, start + together);
    shown.push(...(await Promise.all(some.map(async (app) => ({ ...app, ...(await registry.look(app.appId)) })))));
  }
  return shown;
}
