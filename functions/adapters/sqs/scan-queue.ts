import type { ScanMessage, ScanQueue } from '#core/files/scan.ts';
import { createSender, type QueueOptions } from './sender.ts';

/** Where scanners take their work from, behind `queueUrl`. Rejects with `QueueUnavailableError`. */
export function createScanQueue(options: QueueOptions): ScanQueue {
  const sender = createSender(options);
  return { send: (message: ScanMessage) => sender(message) };
}
