/**
 * Queues in SQLite: a message is a row, and every step is one statement or one transaction, so a message is
 * neither lost nor doubled by a killed process. Differs from AWS: delivery is in order of arrival and exactly as often
 * as visibility demands; in standard queues there it may be out of order and, rarely, twice. Of a group of a FIFO queue nothing
 * is handed out while one of its messages is. The npm stand-ins bind to every interface
 * or drop messages when a queue is declared again, which is why this is our own.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { QueueSpec } from '../template/model.ts';
import { prepareSchema } from './schema.ts';

export interface Message {
  messageId: string;
  body: string;
  md5OfBody: string;
  /** As sent, JSON protocol shape. */
  messageAttributes: Record<string, unknown>;
  sentAt: number;
  firstReceivedAt: number;
  receiveCount: number;
  receiptHandle: string;
  /** Of FIFO queues. */
  fifo?: { group: string; deduplicationId: string; sequence: number };
}

export interface SendOptions {
  delaySeconds?: number;
  attributes?: Record<string, unknown>;
  /** Of a FIFO queue, which leaves out what it was sent within five minutes under the same deduplication id. */
  fifo?: { group: string; deduplicationId: string };
}

export interface QueueCounts {
  visible: number;
  invisible: number;
  delayed: number;
}

export interface QueueStore {
  send(queue: QueueSpec, body: string, options?: SendOptions): string;
  /** Takes up to `max` visible messages; those received too often move to the dead-letter queue instead. */
  receive(queue: QueueSpec, max: number, visibilityTimeoutSeconds?: number): Message[];
  /** Deletes by the newest receipt handle; an older one changes nothing. */
  delete(queue: QueueSpec, receiptHandle: string): void;
  /** False when the handle is not the newest of a message in flight. */
  changeVisibility(queue: QueueSpec, receiptHandle: string, seconds: number): boolean;
  /** Makes every delayed and in-flight message visible now, except those of these handles. Gives how many. */
  hurry(queue: QueueSpec, except: ReadonlySet<string>): number;
  /** Makes every message of one queue a new one of another. Gives how many. */
  move(from: QueueSpec, to: QueueSpec): number;
  purge(queue: QueueSpec): void;
  counts(queue: QueueSpec): QueueCounts;
  /** Whether a receive would hand anything out: what is visible may wait behind an earlier message of its group. */
  hasNext(queue: QueueSpec): boolean;
  /** Calls back whenever a message may have become visible; gives the way to stop it. */
  onVisible(queue: QueueSpec, listener: () => void): () => void;
  close(): void;
}

interface Row {
  id: string;
  body: string;
  attributes: string;
  sent_at: number;
  first_received_at: number | null;
  receive_count: number;
  sequence: number;
  group_id: string | null;
  deduplication_id: string | null;
}

/** Source: SQS developer guide, "Using the message deduplication ID". */
const deduplicationMs = 5 * 60_000;

/** Opens (or creates) `<dir>/queues.db`; `now` is in epoch milliseconds. Throws when the file is no database. */
export function openQueueStore(dir: string, now: () => number = Date.now): QueueStore {
  mkdirSync(dir, { recursive: true });
  const db = new DatabaseSync(path.join(dir, 'queues.db'));
  prepareSchema(db);
  const insert = db.prepare(
    `INSERT INTO messages (queue, id, body, attributes, sent_at, visible_at, group_id, deduplication_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const forget = db.prepare('DELETE FROM sent WHERE sent_at < ?');
  const known = db.prepare('SELECT id FROM sent WHERE queue = ? AND deduplication_id = ?');
  const note = db.prepare('INSERT INTO sent (queue, deduplication_id, id, sent_at) VALUES (?, ?, ?, ?)');
  const expire = db.prepare('DELETE FROM messages WHERE queue = ? AND sent_at < ?');
  const visible = db.prepare(
    `SELECT id, body, attributes, sent_at, receive_count, first_received_at, sequence, group_id, deduplication_id
     FROM messages AS one WHERE queue = ? AND visible_at <= ? AND (group_id IS NULL OR NOT EXISTS
       (SELECT 1 FROM messages WHERE queue = one.queue AND group_id = one.group_id AND visible_at > ?))
     ORDER BY sequence LIMIT ?`,
  );
  const take = db.prepare(
    'UPDATE messages SET receipt = ?, visible_at = ?, receive_count = receive_count + 1, first_received_at = coalesce(first_received_at, ?) WHERE id = ?',
  );
  const bury = db.prepare(
    `UPDATE messages SET queue = ?, receipt = NULL, visible_at = ?, receive_count = 0, first_received_at = NULL,
     deduplication_id = CASE WHEN deduplication_id IS NULL THEN NULL ELSE id END WHERE id = ?`,
  );
  const remove = db.prepare('DELETE FROM messages WHERE queue = ? AND receipt = ?');
  const move = db.prepare('UPDATE messages SET visible_at = ? WHERE queue = ? AND receipt = ? AND visible_at > ?');
  const pending = db.prepare('SELECT id, receipt FROM messages WHERE queue = ? AND visible_at > ?');
  const show = db.prepare('UPDATE messages SET visible_at = ? WHERE id = ?');
  const all = db.prepare('SELECT * FROM messages WHERE queue = ? ORDER BY sequence');
  const empty = db.prepare('DELETE FROM messages WHERE queue = ?');
  const count = db.prepare(
    `SELECT coalesce(sum(visible_at <= ?), 0) AS visible, coalesce(sum(visible_at > ? AND receipt IS NOT NULL), 0) AS invisible,
     coalesce(sum(visible_at > ? AND receipt IS NULL), 0) AS delayed FROM messages WHERE queue = ?`,
  );
  const listeners = new Map<string, Set<() => void>>();

  function transaction<T>(work: () => T): T {
    db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }

  function notify(queueName: string): void {
    for (const listener of [...(listeners.get(queueName) ?? [])]) listener();
  }

  return {
    send(queue, body, { delaySeconds = queue.delaySeconds, attributes = {}, fifo } = {}) {
      const { group = null, deduplicationId = null } = fifo ?? {};
      const id = transaction(() => {
        const at = now();
        if (deduplicationId !== null) {
          forget.run(at - deduplicationMs);
          const earlier = known.get(queue.name, deduplicationId);
          if (earlier !== undefined) return String(earlier.id);
        }
        const id = randomUUID();
        const due = at + delaySeconds * 1000;
        insert.run(queue.name, id, body, JSON.stringify(attributes), at, due, group, deduplicationId);
        if (deduplicationId !== null) note.run(queue.name, deduplicationId, id, at);
        return id;
      });
      if (delaySeconds === 0) notify(queue.name);
      return id;
    },
    receive(queue, max, visibilityTimeoutSeconds = queue.visibilityTimeoutSeconds) {
      const buriedIn = new Set<string>();
      const messages = transaction(() => {
        const at = now();
        expire.run(queue.name, at - queue.retentionSeconds * 1000);
        const received: Message[] = [];
        while (received.length < max) {
          const rows = visible.all(queue.name, at, at, max - received.length) as unknown as Row[];
          if (rows.length === 0) break;
          for (const row of rows) {
            if (queue.redrive && row.receive_count >= queue.redrive.maxReceiveCount) {
              const deadLetters = queue.redrive.deadLetterArn.split(':').at(-1) ?? '';
              bury.run(deadLetters, at, row.id);
              buriedIn.add(deadLetters);
              continue;
            }
            const receiptHandle = randomUUID();
            // A timeout of 0 leaves the message visible; it is still handed out once in this call.
            take.run(receiptHandle, at + Math.max(1, visibilityTimeoutSeconds * 1000), at, row.id);
            received.push(messageOf(row, receiptHandle, at));
          }
        }
        return received;
      });
      for (const name of buriedIn) notify(name);
      return messages;
    },
    delete(queue, receiptHandle) {
      const removed = remove.run(queue.name, receiptHandle).changes > 0;
      // The next of its group may go now.
      if (removed && queue.fifo) notify(queue.name);
    },
    changeVisibility(queue, receiptHandle, seconds) {
      const changed = move.run(now() + seconds * 1000, queue.name, receiptHandle, now()).changes > 0;
      if (changed && seconds === 0) notify(queue.name);
      return changed;
    },
    hurry(queue, except) {
      const rows = pending.all(queue.name, now()) as unknown as { id: string; receipt: string | null }[];
      const late = rows.filter(({ receipt }) => receipt === null || !except.has(receipt));
      for (const { id } of late) show.run(now(), id);
      if (late.length > 0) notify(queue.name);
      return late.length;
    },
    move(from, to) {
      const moved = transaction(() => {
        const at = now();
        const rows = all.all(from.name) as unknown as Row[];
        for (const { body, attributes, group_id: group, deduplication_id: deduplicationId } of rows) {
          insert.run(to.name, randomUUID(), body, attributes, at, at, group, deduplicationId);
        }
        empty.run(from.name);
        return rows.length;
      });
      if (moved > 0) notify(to.name);
      return moved;
    },
    purge: (queue) => void empty.run(queue.name),
    counts: (queue) => ({ ...(count.get(now(), now(), now(), queue.name) as unknown as QueueCounts) }),
    hasNext: (queue) => visible.all(queue.name, now(), now(), 1).length > 0,
    onVisible(queue, listener) {
      const set = listeners.get(queue.name) ?? new Set();
      listeners.set(queue.name, set.add(listener));
      return () => set.delete(listener);
    },
    close: () => db.close(),
  };
}

function messageOf(row: Row, receiptHandle: string, at: number): Message {
  return {
    messageId: row.id,
    body: row.body,
    md5OfBody: md5(row.body),
    messageAttributes: JSON.parse(row.attributes) as Record<string, unknown>,
    sentAt: row.sent_at,
    firstReceivedAt: row.first_received_at ?? at,
    receiveCount: row.receive_count + 1,
    receiptHandle,
    ...(row.group_id !== null && {
      fifo: { group: row.group_id, deduplicationId: row.deduplication_id ?? '', sequence: row.sequence },
    }),
  };
}

/** The digest SDK clients check messages against. */
export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
