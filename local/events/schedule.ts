/**
 * Schedule expressions: `rate(5 minutes)` and `cron(m h dom mon dow y)`, in UTC. Differs from AWS: a rate counts from
 * the start of this cloud, and `L`, `W` and `#` stop the boot.
 */

const unitMs: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const days = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Either a period in milliseconds, or a test of a minute. */
export type Schedule = { everyMs: number } | { isDue(minute: Date): boolean };

/** Reads an expression. Throws when it is not one of the two forms, or has a part this cloud cannot evaluate. */
export function parseSchedule(expression: string): Schedule {
  const rate = /^rate\(([1-9]\d*) (minute|hour|day)(s?)\)$/.exec(expression);
  // EventBridge takes `1 hour` and `2 hours`, and neither `1 hours` nor `2 hour`.
  if (rate && (rate[1] === '1') === (rate[3] === 's'))
    throw new Error(`Schedule ${expression} has the wrong number of its unit`);
  if (rate) return { everyMs: Number(rate[1]) * (unitMs[rate[2] ?? ''] ?? 0) };
  const cron = /^cron\((.+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
  if (cron?.length !== 6) throw new Error(`Schedule ${expression} is neither rate(...) nor cron(...) of six fields`);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = ''] = cron;
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error(`Schedule ${expression} must have ? as its day of the month or its day of the week, not as both`);
  }
  const matchers = [
    field(minute, 0, 59),
    field(hour, 0, 23),
    field(dayOfMonth, 1, 31),
    field(month, 1, 12, months),
    field(dayOfWeek, 1, 7, days),
    field(year, 1970, 2199),
  ];
  return {
    isDue(date) {
      const values = [
        date.getUTCMinutes(),
        date.getUTCHours(),
        date.getUTCDate(),
        date.getUTCMonth() + 1,
        date.getUTCDay() + 1,
        date.getUTCFullYear(),
      ];
      return matchers.every((matches, index) => matches(values[index] ?? -1));
    },
  };
}

/** One field: `*`, `?`, `5`, `1-5`, `0/15`, `10-40/10`, names, and lists of them. Names count from `min`. */
function field(text: string, min: number, max: number, names: string[] = []): (value: number) => boolean {
  const number = (part: string) => {
    const name = names.indexOf(part.toUpperCase());
    const value = name >= 0 ? name + min : /^\d+$/.test(part) ? Number(part) : Number.NaN;
    if (!(value >= min && value <= max)) throw new Error(`Schedule field ${text} is not supported locally`);
    return value;
  };
  const alternatives = text.split(',').map((part) => {
    const [range = '', step] = part.split('/');
    const any = range === '*' || range === '?';
    const [from = '', to] = range.split('-');
    const first = any ? min : number(from);
    const last = any || (step !== undefined && to === undefined) ? max : number(to ?? from);
    const by = step === undefined ? 1 : Number(step);
    if (!(by >= 1)) throw new Error(`Schedule field ${text} is not supported locally`);
    return (value: number) => value >= first && value <= last && (value - first) % by === 0;
  });
  return (value) => alternatives.some((matches) => matches(value));
}
