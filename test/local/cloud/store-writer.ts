/** Sends messages as fast as it can and tells each id once it is stored, until it is killed. */
import { openQueueStore } from '#local/sqs/store.ts';

const store = openQueueStore(process.argv[2] ?? '');
const queue = {
  name: 'q',
  arn: 'arn:aws:sqs:us-east-1:000000000000:q',
  visibilityTimeoutSeconds: 30,
  delaySeconds: 0,
  retentionSeconds: 345_600,
  maxMessageBytes: 1_048_576,
};
for (;;) {
  const id = store.send(queue, 'x'.repeat(500));
  await new Promise<void>((resolve) => process.send?.(id, () => resolve()));
}
