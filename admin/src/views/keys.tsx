import { Alert, Button, Code, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '../api.ts';
import { useApi } from '../session.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Failure } from '../ui/failure.tsx';
import { type Column, List, useList } from '../ui/list.tsx';
import { Empty, Panel } from '../ui/page.tsx';
import { Copy, Id, Time } from '../ui/values.tsx';

type Key = Schemas['DeveloperKey'];

/** The keys that an app's backend proves itself with. */
export function KeysView({ appId }: { appId: string }) {
  const { admin, call } = useApi();
  const queries = useQueryClient();
  const list = useList<Key>(['keys', appId], (cursor, signal) =>
    call('get', '/admin/extensions/apps/{appId}/developer-keys', { path: { appId }, query: { cursor } }, { signal }),
  );
  const changed = () => {
    for (const key of ['keys', 'apps', 'audit']) void queries.invalidateQueries({ queryKey: [key] });
  };
  const columns: Column<Key>[] = [
    {
      title: 'Label',
      cell: ({ label, keyId, createdAt }) => (
        <>
          <strong className="breakable">{label}</strong>
          <div className="only-narrow">
            <Time value={createdAt} /> <code className="dim">{keyId}</code>
          </div>
        </>
      ),
    },
    { title: 'Key id', wide: true, cell: ({ keyId }) => <Id value={keyId} /> },
    { title: 'Created', wide: true, cell: ({ createdAt }) => <Time value={createdAt} /> },
    {
      title: 'Actions',
      hideTitle: true,
      numeric: true,
      cell: ({ keyId, label }) => (
        <Confirm
          label="Revoke"
          name={label}
          title={`Revoke “${label}”?`}
          run={() => admin.developerKeys.revoke(appId, keyId)}
          done={`“${label}” is revoked.`}
          onDone={changed}
        >
          Whatever still calls with the key <code>{keyId}</code> is refused within five seconds: uploads and changes of
          the app’s backend fail until it has another key. A revoked key does not come back.
        </Confirm>
      ),
    },
  ];
  return (
    <Panel title="Developer keys" flush actions={<CreateKey appId={appId} onCreated={changed} />}>
      <List
        list={list}
        label="Developer keys"
        noun="key"
        columns={columns}
        keyOf={({ keyId }) => keyId}
        empty={
          <Empty title="No keys yet">
            The app’s backend uploads with a key. Create one and put it into the backend’s secrets.
          </Empty>
        }
      />
    </Panel>
  );
}

function CreateKey({ appId, onCreated }: { appId: string; onCreated: () => void }) {
  const { admin } = useApi();
  const [opened, { open, close }] = useDisclosure(false);
  const [label, setLabel] = useState('');
  const creating = useMutation({
    mutationFn: () => admin.developerKeys.create(appId, label.trim()),
    onSuccess: onCreated,
    // The key is a secret: it is forgotten with the dialog and not kept for a later render.
    gcTime: 0,
  });
  const created = creating.data;
  return (
    <>
      <Button
        size="xs"
        leftSection={<IconKey size={16} aria-hidden />}
        onClick={() => {
          creating.reset();
          setLabel('');
          open();
        }}
      >
        Create a key
      </Button>
      <Modal
        opened={opened}
        onClose={() => {
          close();
          creating.reset();
        }}
        title={created ? 'The key' : 'Create a key'}
        closeButtonProps={{ 'aria-label': 'Close' }}
        // A slip beside the dialog would lose the key for good.
        closeOnClickOutside={created === undefined}
        closeOnEscape={created === undefined}
      >
        {created ? (
          <Stack gap="md">
            <Alert color="yellow" title="Copy it now">
              It is shown this once. Stowage keeps a hash of it, from which nobody gets it back.
            </Alert>
            <div className="secret">
              <Code block className="breakable" data-testid="key">
                {created.key}
              </Code>
              <Copy value={created.key} what="key" />
            </div>
            <Group justify="flex-end">
              <Button
                onClick={() => {
                  close();
                  creating.reset();
                }}
              >
                I have copied it
              </Button>
            </Group>
          </Stack>
        ) : (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              creating.mutate();
            }}
          >
            <Stack gap="md">
              <TextInput
                label="Label"
                description="Where it will be used, like “production backend”."
                value={label}
                maxLength={100}
                onChange={({ currentTarget }) => setLabel(currentTarget.value)}
                data-autofocus
              />
              {creating.isError && <Failure error={creating.error} />}
              <Group justify="flex-end">
                <Button type="submit" loading={creating.isPending} disabled={label.trim() === ''}>
                  Create the key
                </Button>
              </Group>
            </Stack>
          </form>
        )}
      </Modal>
    </>
  );
}
