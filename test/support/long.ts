/** Whether tests that have a short form run in their long one: `LONG_TESTS=1`. CI runs the short ones. */
export const isLong = process.env.LONG_TESTS === '1';
