import { type Finding, failed, ok, skipped, warning } from './finding.ts';

/** As far apart as a token's times may be (`clockTolerance` of the verifier), seconds. */
const mostSeconds = 30;
const noticedSeconds = 5;

const setOurs = 'timedatectl set-ntp true   # where it is this machine that is wrong: the others are compared below';

/** How far a clock is from ours: tokens and signatures carry times, and are refused by whoever sees them in the future. */
export function clockFinding(whose: string, skewSeconds: number | undefined): Finding {
  const name = `clock.${whose}`;
  if (skewSeconds === undefined) return skipped(name, 'It sends no Date.');
  const seconds = Math.abs(skewSeconds).toFixed(1);
  const found = `${seconds} s ${skewSeconds < 0 ? 'behind' : 'ahead of'} this machine.`;
  if (Math.abs(skewSeconds) > mostSeconds) return failed(name, found, setOurs);
  return Math.abs(skewSeconds) > noticedSeconds ? warning(name, found, setOurs) : ok(name, found);
}
