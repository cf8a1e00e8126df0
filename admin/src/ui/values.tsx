/** Values as all views show them. */
import { ActionIcon, Badge, CopyButton, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { formatBytes, formatCount, formatDistance, formatTime, words } from '../format.ts';

/** A size in a unit that fits; exact where the pointer rests. */
export const Bytes = ({ value }: { value: number }) => (
  <span className="number" title={`${formatCount(value)} bytes`}>
    {formatBytes(value)}
  </span>
);

/** Where the reader is; ISO, in UTC, where the pointer rests. With `distance`, also how long ago. */
export function Time({ value, distance = false }: { value: string | null | undefined; distance?: boolean }) {
  if (!value) return <span className="dim">–</span>;
  return (
    <time dateTime={value} title={value}>
      {formatTime(value)}
      {distance && <span className="dim"> · {formatDistance(value)}</span>}
    </time>
  );
}

/** An id in full, to be copied. */
export function Id({ value, copy = true }: { value: string; copy?: boolean }) {
  return (
    <span className="id">
      <code>{value}</code>
      {copy && <Copy value={value} what="id" />}
    </span>
  );
}

export function Copy({ value, what }: { value: string; what: string }) {
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            onClick={copy}
            aria-label={copied ? 'Copied' : `Copy ${what}`}
          >
            {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

const colours: Record<string, string> = {
  on: 'green',
  ok: 'green',
  ready: 'green',
  claimed: 'green',
  session: 'green',
  kept: 'green',
  staged: 'blue',
  pending: 'yellow',
  quarantine: 'yellow',
  unknown: 'yellow',
  expired: 'orange',
  deleted: 'orange',
  deleting: 'red',
  failed: 'red',
};

/** Where something stands. The word says it; the colour only helps. */
export const State = ({ value }: { value: string }) => (
  <Badge variant="light" color={colours[value] ?? 'gray'} size="md" radius="sm" className="state">
    {value === 'ok' ? 'OK' : words(value)}
  </Badge>
);
