/** How numbers, sizes and times are written: bytes in binary units throughout, times where the reader is. */

const locale = undefined;
const plain = new Intl.NumberFormat(locale);
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
const date = new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' });
const apart = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });

export const byteUnits = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 } as const;
export type ByteUnit = keyof typeof byteUnits;

/** A size in the largest unit it fills, with three digits or so: `1.46 MiB`. */
export function formatBytes(bytes: number): string {
  const units = Object.entries(byteUnits);
  const [unit, factor] = units.findLast(([, size]) => Math.abs(bytes) >= size) ?? ['B', 1];
  const value = bytes / factor;
  const maximumFractionDigits = factor === 1 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toLocaleString(locale, { maximumFractionDigits })} ${unit}`;
}

export const formatCount = (count: number): string => plain.format(count);

/** `1 file`, `3 files`: most of our nouns take an s. */
export const counted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Where the reader is: `29 Nov 2026, 14:02`. */
export const formatTime = (iso: string): string => moment.format(new Date(iso));

/** A day as the API names it, `2026-11-29`, which is a day in UTC. */
export const formatDay = (day: string): string => date.format(new Date(`${day}T00:00:00Z`));

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** `in 23 hours`, `3 minutes ago`. */
export function formatDistance(iso: string, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return apart.format(Math.round(seconds / size), unit);
}

const durations = { days: 86_400, hours: 3600, minutes: 60, seconds: 1 } as const;
export type DurationUnit = keyof typeof durations;
export const durationUnits = durations;

/** A length of time in the largest unit that divides it: `36 hours`, `90 seconds`. */
export function formatDuration(seconds: number): string {
  const [unit, size] = Object.entries(durations).find(([, length]) => seconds >= length && seconds % length === 0) ?? [
    'seconds',
    1,
  ];
  return counted(seconds / size, unit.slice(0, -1));
}

/** `stuckPending` as people write it: `Stuck pending`. */
export function words(name: string): string {
  const spaced = name
    .replace(/[._-]/g, ' ')
    .replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
