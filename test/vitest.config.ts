import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './order.ts';

const root = new URL('..', import.meta.url).pathname;
const suites = 'test/**/*.test.ts';
/** Suites that stop the clock: whatever else runs in their process, such as a cloud that suites share, would stand still. */
const withClock = globSync(suites, { cwd: root }).filter((suite) =>
  readFileSync(join(root, suite), 'utf8').includes('.useFakeTimers('),
);

/** Where the runner's report goes, for a script that counts: a path, or nothing for none. */
const report = process.env.TEST_REPORT_FILE;

/**
 * Real servers are started by many suites, so a test may take seconds, and minutes where a machine is shared with others;
 * nothing asserts elapsed time.
 */
export default defineConfig({
  test: {
    root,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // On two cores: many suites wait for seconds that must pass, and leave theirs to another.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      // What is loaded and compiled serves the next suite too: with a process for each, a third of the whole run went into it.
      { test: { name: 'shared', include: [suites], exclude: withClock, isolate: false } },
      { test: { name: 'clock', include: withClock, isolate: true } },
    ],
    reporters: ['default', ...(report ? [['json', { outputFile: report }] as ['json', { outputFile: string }]] : [])],
    expect: { poll: { timeout: 60_000 } },
  },
});
