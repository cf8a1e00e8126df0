import { Group, Text } from '@mantine/core';
import type { ComponentProps, ReactNode } from 'react';
import type { Column } from './list.tsx';
import { Thumbnail } from './thumbnail.tsx';
import { Bytes, State } from './values.tsx';

type Shown = ComponentProps<typeof Thumbnail>['file'] & { state: string; sizeBytes: number };

/**
 * What every list of files begins with: picture, name, state and size, all in the first column where the page is narrow.
 * @param link leads to the file, or opens it
 * @param about a line on what it is
 */
export const fileColumns = <T extends Shown>(
  link: (file: T) => ReactNode,
  about: (file: T) => ReactNode,
): Column<T>[] => [
  {
    title: 'File',
    cell: (file) => (
      <Group gap="sm" wrap="nowrap">
        <Thumbnail file={file} />
        <div className="file-name">
          {link(file)}
          <Text size="xs" c="dimmed">
            {about(file)}
          </Text>
          <div className="only-narrow">
            <State value={file.state} /> <Bytes value={file.sizeBytes} />
          </div>
        </div>
      </Group>
    ),
  },
  { title: 'State', wide: true, cell: ({ state }) => <State value={state} /> },
  { title: 'Size', wide: true, numeric: true, cell: ({ sizeBytes }) => <Bytes value={sizeBytes} /> },
];
