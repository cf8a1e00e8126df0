/**
 * Whether an `<input accept>` takes this file: by ending, by type, or by kind as in `image/*`
 * (https://html.spec.whatwg.org/multipage/input.html#attr-input-accept). Dropped and pasted files pass by the input.
 */
export function isAccepted(file: { name: string; type: string }, accept: string): boolean {
  const rules = accept
    .split(',')
    .map((rule) => rule.trim().toLowerCase())
    .filter((rule) => rule !== '');
  const name = file.name.toLowerCase();
  const type = file.type.toLowerCase();
  const takes = (rule: string) => {
    if (rule === '*/*') return true;
    if (rule.startsWith('.')) return name.endsWith(rule);
    if (rule.endsWith('/*')) return type.startsWith(rule.slice(0, -1));
    return type === rule;
  };
  return rules.length === 0 || rules.some(takes);
}

const units = ['kB', 'MB', 'GB'];

/** Bytes for people: thousands, as system file managers count, and one digit behind the point while it tells something. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  let size = bytes;
  let unit = -1;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 9.95 ? Math.round(size * 10) / 10 : Math.round(size)} ${units[unit]}`;
}
