import { Button, Table, Text } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { filledPage, type Page } from '../api.ts';
import { formatCount } from '../format.ts';
import { Failure } from './failure.tsx';
import { Loading } from './page.tsx';

/** A list that goes on by `cursor`. `key` names it and all that narrows it. */
export function useList<T>(
  key: readonly unknown[],
  page: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  { enabled = true } = {},
) {
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => filledPage((cursor) => page(cursor, signal), pageParam),
    getNextPageParam: ({ cursor }) => cursor,
    placeholderData: keepPreviousData,
    enabled,
  });
  return { ...query, rows: query.data?.pages.flatMap(({ items }) => items) ?? [] };
}

export interface Column<T> {
  title: string;
  cell: (row: T) => ReactNode;
  /** Left out where the page is narrow; what matters is in another column too. */
  wide?: boolean;
  numeric?: boolean;
  /** For eyes the column speaks for itself. */
  hideTitle?: boolean;
}

/** Rows under headings. */
export function Rows<T>({
  label,
  columns,
  rows,
  keyOf,
}: {
  label: string;
  columns: Column<T>[];
  rows: T[];
  keyOf: (row: T) => string;
}) {
  const kind = ({ wide, numeric }: Column<T>) =>
    [wide && 'wide', numeric && 'numeric'].filter(Boolean).join(' ') || undefined;
  return (
    <Table highlightOnHover className="rows" aria-label={label}>
      <Table.Thead>
        <Table.Tr>
          {columns.map((column) => (
            <Table.Th key={column.title} className={kind(column)}>
              {column.hideTitle ? <span className="unseen">{column.title}</span> : column.title}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={keyOf(row)}>
            {columns.map((column) => (
              <Table.Td key={column.title} className={kind(column)}>
                {column.cell(row)}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** A list in whichever state it is: awaited, failed, empty, or rows with the way to more of them. */
export function List<T>({
  list,
  empty,
  noun,
  plural = `${noun}s`,
  ...table
}: {
  list: ReturnType<typeof useList<T>>;
  empty: ReactNode;
  noun: string;
  plural?: string;
  label: string;
  columns: Column<T>[];
  keyOf: (row: T) => string;
}) {
  const { rows, error, isPending, hasNextPage, isFetchingNextPage, isPlaceholderData, fetchNextPage, refetch } = list;
  if (isPending) return <Loading />;
  if (error && rows.length === 0) return <Failure error={error} retry={() => void refetch()} />;
  return (
    <div className={isPlaceholderData ? 'list stale' : 'list'} aria-busy={isPlaceholderData}>
      {rows.length === 0 && !hasNextPage ? empty : <Rows rows={rows} {...table} />}
      {error && <Failure error={error} retry={() => void fetchNextPage()} />}
      {(rows.length > 0 || hasNextPage) && (
        <div className="list-foot">
          <Text size="sm" c="dimmed" role="status">
            {formatCount(rows.length)} {rows.length === 1 ? noun : plural} shown{hasNextPage ? ', there are more' : ''}
          </Text>
          {hasNextPage && (
            <Button variant="default" size="xs" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Load more
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
