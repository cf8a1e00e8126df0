/**
 * Keeps answers of an instance for a short while (docs/contract.md, "Administration": settings and keys, 5 s at most).
 * Concurrent misses share one load; a failed load is not kept. Bounded, so that hostile ids cannot fill the memory.
 */
export function createCache<T>(options: { ttlSeconds: number; maxEntries?: number; now?: () => number }) {
  const { ttlSeconds, maxEntries = 1000, now = Date.now } = options;
  const entries = new Map<string, { value: Promise<T>; until: number }>();
  return {
    async get(key: string, load: () => Promise<T>): Promise<T> {
      const entry = entries.get(key);
      if (entry !== undefined && entry.until > now()) return await entry.value;
      entries.delete(key);
      if (entries.size >= maxEntries) entries.delete(entries.keys().next().value ?? '');
      const value = load();
      entries.set(key, { value, until: now() + ttlSeconds * 1000 });
      value.catch(() => entries.delete(key));
      return await value;
    },
    forget(key: string): void {
      entries.delete(key);
    },
  };
}
