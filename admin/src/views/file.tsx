import { Alert, Button, Drawer, Group, Stack, Text, Timeline, Title } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Schemas } from '../api.ts';
import { counted, formatBytes, words } from '../format.ts';
import { useApi } from '../session.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Failure } from '../ui/failure.tsx';
import { Loading } from '../ui/page.tsx';
import { Thumbnail } from '../ui/thumbnail.tsx';
import { Bytes, Id, State, Time } from '../ui/values.tsx';

type Detail = Schemas['AppFileDetails'];
type Why = Schemas['FileReasons'];

/** One file beside its list: what it is, and why it is still there. */
export function FileDrawer({ appId, fileId, onClose }: { appId: string; fileId?: string; onClose: () => void }) {
  const { admin } = useApi();
  const queries = useQueryClient();
  const found = useQuery({
    queryKey: ['file', appId, fileId],
    queryFn: ({ signal }) => admin.files.get(appId, fileId ?? '', { signal }),
    enabled: fileId !== undefined,
  });
  const onDeleted = () => {
    onClose();
    for (const key of ['files', 'file', 'storage', 'usage', 'apps', 'audit'])
      void queries.invalidateQueries({ queryKey: [key] });
  };
  return (
    <Drawer
      opened={fileId !== undefined}
      onClose={onClose}
      position="right"
      size={520}
      title={found.data?.file.originalName ?? 'File'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {found.isLoading && <Loading rows={8} />}
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.data && fileId !== undefined && (
        <Stack gap="lg">
          <Picture file={found.data.file} />
          <Reasons why={found.data.why} />
          <Facts file={found.data.file} />
          <Group justify="space-between">
            {found.data.file.signedUrl ? (
              <Button
                component="a"
                href={found.data.file.signedUrl}
                target="_blank"
                rel="noreferrer noopener"
                variant="default"
                size="xs"
                leftSection={<IconExternalLink size={16} aria-hidden />}
              >
                Open the file
              </Button>
            ) : (
              <span />
            )}
            <DeleteFile file={found.data.file} why={found.data.why} onDeleted={onDeleted} />
          </Group>
        </Stack>
      )}
    </Drawer>
  );
}

function Picture({ file }: { file: Detail }) {
  return (
    <Stack gap="xs">
      {file.mimeType.startsWith('image/') && <Thumbnail file={file} large />}
      <Group gap="xs">
        <State value={file.state} />
        <Text size="sm" c="dimmed">
          {file.mimeType}
          {file.width && file.height ? ` · ${file.width} × ${file.height} px` : ''} · <Bytes value={file.sizeBytes} />
        </Text>
      </Group>
    </Stack>
  );
}

/** `why` in the order in which one asks: what has it, when does it go, what is left to do, what happened. */
function Reasons({ why }: { why: Why }) {
  return (
    <Stack gap="md">
      <Alert color="gray" title="Why it is here" className="why">
        {why.summary}
      </Alert>
      <Part title="Held by">
        {why.heldBy.length === 0 && <Text size="sm">Nothing holds it.</Text>}
        {why.heldBy.map(({ type, id, deletedAt, clones }) => (
          <Text size="sm" key={`${type} ${id}`} component="div">
            {words(type)} <Id value={id} />
            {clones !== undefined && ` · shown by ${counted(clones, 'clone')}`}
            {deletedAt && (
              <>
                {' · deleted '}
                <Time value={deletedAt} />
              </>
            )}
          </Text>
        ))}
      </Part>
      <Part title="When it goes">
        <Text size="sm">{why.goes.summary}</Text>
        {why.goes.at && (
          <Text size="sm" c="dimmed">
            Not before <Time value={why.goes.at} distance />
          </Text>
        )}
      </Part>
      <Part title="Clean-ups asked for">
        {why.cleanups.length === 0 && <Text size="sm">None is waiting.</Text>}
        {why.cleanups.map(({ type, id, since, againAt }) => (
          <Text size="sm" key={`${type} ${id}`} component="div">
            {words(type)} <Id value={id} copy={false} />
            <br />
            <span className="dim">
              {since && (
                <>
                  since <Time value={since} />,{' '}
                </>
              )}
              by reconcile from <Time value={againAt} />
            </span>
          </Text>
        ))}
      </Part>
      <Part title="What happened">
        <Timeline bulletSize={12} lineWidth={2} className="timeline" active={why.timeline.length - 1}>
          {why.timeline.map(({ at, event, summary, userId, claimId }) => (
            <Timeline.Item key={`${at} ${event}`} title={words(event)}>
              <Text size="sm">{summary}</Text>
              <Text size="xs" c="dimmed" className="breakable">
                <Time value={at} distance />
                {userId && ` · by ${userId}`}
                {claimId && ` · claim ${claimId}`}
              </Text>
            </Timeline.Item>
          ))}
        </Timeline>
      </Part>
    </Stack>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={3} mb={6}>
        {title}
      </Title>
      {children}
    </section>
  );
}

function Facts({ file }: { file: Detail }) {
  const facts: [string, ReactNode][] = [
    ['Id', <Id key="id" value={file.id} />],
    ['User', file.userId],
    ['Session', file.sessionId],
    ['Purpose', file.purpose],
    ['Draft', file.draftId],
    ['Uploaded', <Time key="created" value={file.createdAt} />],
    ['Changed', <Time key="updated" value={file.updatedAt} />],
    ['Expires', file.expiresAt && <Time key="expires" value={file.expiresAt} distance />],
    ['Object', <Id key="object" value={file.bucketKey} />],
    ...Object.entries(file.variants).map(([name, { width, height, sizeBytes }]): [string, ReactNode] => [
      `Copy “${name}”`,
      `${width} × ${height} px · ${formatBytes(sizeBytes)}`,
    ]),
  ];
  return (
    <Part title="Record">
      <dl className="facts">
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </Part>
  );
}

function DeleteFile({ file, why, onDeleted }: { file: Detail; why: Why; onDeleted: () => void }) {
  const { admin } = useApi();
  const holder = why.heldBy[0];
  return (
    <Confirm
      label="Delete the file"
      title={`Delete ${file.originalName}?`}
      run={() => admin.files.delete(file.appId, file.id)}
      done={`${file.originalName} is deleted.`}
      onDone={onDeleted}
      variant="light"
    >
      {holder ? (
        <>
          The {holder.type} <code>{holder.id}</code> shows this file and will miss it.{' '}
        </>
      ) : (
        'Nothing holds this file. '
      )}
      Its <Bytes value={file.sizeBytes} /> are free at once, its bytes are removed from the bucket by the clean-up, and
      nothing brings it back. The deletion is written down in the audit.
    </Confirm>
  );
}
