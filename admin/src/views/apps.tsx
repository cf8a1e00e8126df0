import { Anchor, Button, Group, Modal, Progress, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { Schemas } from '../api.ts';
import { formatBytes, formatCount } from '../format.ts';
import { go, href, useRoute } from '../route.ts';
import { useApi } from '../session.tsx';
import { type Column, List, useList } from '../ui/list.tsx';
import { Empty, Page, Panel } from '../ui/page.tsx';
import { Search } from '../ui/search.tsx';
import { Bytes, State, Time } from '../ui/values.tsx';

type App = Schemas['AppSummary'];

const columns: Column<App>[] = [
  {
    title: 'App',
    cell: ({ appId, enabled }) => (
      <Group gap="xs">
        <Anchor href={href(['apps', appId])} fw={600} className="breakable">
          {appId}
        </Anchor>
        <State value={enabled ? 'on' : 'off'} />
      </Group>
    ),
  },
  { title: 'Used', cell: (app) => <Share {...app} /> },
  {
    title: 'Files',
    wide: true,
    numeric: true,
    cell: ({ fileCount }) => <span className="number">{formatCount(fileCount)}</span>,
  },
  { title: 'Changed', wide: true, cell: ({ updatedAt }) => <Time value={updatedAt} /> },
];

/** How much of its room an app fills, as a bar and in words. */
export function Share({ usedBytes, maxBytes }: { usedBytes: number; maxBytes: number }) {
  const percent = maxBytes === 0 ? 100 : Math.min(100, (usedBytes / maxBytes) * 100);
  const color = percent >= 95 ? 'red' : percent >= 80 ? 'orange' : 'pine';
  return (
    <div className="share">
      <span>
        <Bytes value={usedBytes} /> <span className="dim">of {formatBytes(maxBytes)}</span>
      </span>
      <Progress value={percent} color={color} size="sm" aria-label={`${percent.toFixed(1)} % of the room is used`} />
    </div>
  );
}

/** Every app with what it stores. */
export function AppsView() {
  const { call } = useApi();
  const search = useRoute().params.get('search') ?? undefined;
  const list = useList(['apps', search], (cursor, signal) =>
    call('get', '/admin/extensions/apps', { query: { search, cursor } }, { signal }),
  );
  return (
    <Page
      title="Apps"
      about="Extensions that an administrator set something for, or that have a key."
      actions={<OpenApp />}
    >
      <Panel flush>
        <div className="filters">
          <Search param="search" label="Search apps" placeholder="Search by id" />
        </div>
        <List
          list={list}
          label="Apps"
          noun="app"
          columns={columns}
          keyOf={({ appId }) => appId}
          empty={
            search === undefined ? (
              <Empty title="No apps yet">
                An app is listed from its first setting or key on. Open it by its id and turn its storage on.
              </Empty>
            ) : (
              <Empty title={`No app has “${search}” in its id`}>Search looks for a part of the id.</Empty>
            )
          }
        />
      </Panel>
    </Page>
  );
}

/** An app that nobody set anything for is in no list, and is configured by its id. */
function OpenApp() {
  const [opened, { open, close }] = useDisclosure(false);
  const [appId, setAppId] = useState('');
  const id = appId.trim();
  const isWrong = id !== '' && !/^[A-Za-z0-9._:@|+-]{1,128}$/.test(id);
  return (
    <>
      <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
        Set an app up
      </Button>
      <Modal opened={opened} onClose={close} title="Set an app up" closeButtonProps={{ 'aria-label': 'Close' }}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (id !== '' && !isWrong) go(['apps', id, 'settings']);
          }}
        >
          <Stack gap="md">
            <TextInput
              label="App id"
              description="As the platform names it. Its settings open; nothing is stored until its storage is turned on."
              value={appId}
              onChange={({ currentTarget }) => setAppId(currentTarget.value)}
              error={isWrong && 'Letters, digits and . _ : @ | + - only, 128 at most.'}
              data-autofocus
            />
            <Group justify="flex-end">
              <Button type="submit" disabled={id === '' || isWrong}>
                Open its settings
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
