/** The tables of the queue store, and what earlier folders lack of them. */
import type { DatabaseSync } from 'node:sqlite';

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS messages (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    attributes TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0,
    first_received_at INTEGER,
    receipt TEXT UNIQUE
  );
  CREATE INDEX IF NOT EXISTS by_visibility ON messages (queue, visible_at);
  CREATE TABLE IF NOT EXISTS sent (
    queue TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    id TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    PRIMARY KEY (queue, deduplication_id)
  );
`;

/** What folders that were made before there were FIFO queues lack. */
const laterColumns = ['group_id', 'deduplication_id'];

/** Makes the tables, and adds what came later to those that are there. */
export function prepareSchema(db: DatabaseSync): void {
  db.exec(schema);
  const columns = new Set(
    db
      .prepare('PRAGMA table_info(messages)')
      .all()
      .map(({ name }) => name),
  );
  for (const column of laterColumns)
    if (!columns.has(column)) db.exec(`ALTER TABLE messages ADD COLUMN ${column} TEXT`);
  db.exec('CREATE INDEX IF NOT EXISTS by_group ON messages (queue, group_id, visible_at)');
}
