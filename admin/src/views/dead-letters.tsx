import { Anchor, Code, Drawer, Group, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type Api, type DeadLetterQueue, isMissing } from '../api.ts';
import { counted, formatCount, words } from '../format.ts';
import { href, setParams, useRoute } from '../route.ts';
import { useApi } from '../session.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Failure } from '../ui/failure.tsx';
import { type Column, Rows } from '../ui/list.tsx';
import { Empty, Loading, Page, Panel } from '../ui/page.tsx';
import { Id, Time } from '../ui/values.tsx';

/** Messages that were given up after their last try, queue by queue. */
export function DeadLettersView() {
  const letters = useApi().admin.deadLetters;
  const queries = useQueryClient();
  const { params } = useRoute();
  const found = useQuery({
    queryKey: ['dead-letters'],
    queryFn: ({ signal }) => letters.list({ signal }),
    // A redrive goes on by itself; its progress is shown.
    refetchInterval: ({ state }) => (state.data?.some(({ task }) => task?.status === 'running') ? 3000 : false),
  });
  const queue = params.get('queue') ?? undefined;
  const again = () => void queries.invalidateQueries({ queryKey: ['dead-letters'] });
  return (
    <Page
      title="Dead letters"
      about="What a worker could not do in all its tries. Nothing is lost: find the cause, then send the messages back to their queue."
    >
      {found.isPending && <Loading />}
      {found.error &&
        (isMissing(found.error) ? (
          <Panel>
            <Empty title="Not on this stage">
              This stage does not list its dead letters. Deploy a version that does, or look at the queues in the AWS
              console.
            </Empty>
          </Panel>
        ) : (
          <Failure error={found.error} retry={() => void found.refetch()} />
        ))}
      {found.data && (
        <Panel flush>
          {found.data.length === 0 ? (
            <Empty title="No queues">This stage has no queue for dead letters.</Empty>
          ) : (
            <Rows
              label="Queues of dead letters"
              rows={found.data}
              keyOf={({ name }) => name}
              columns={columnsOf(letters, again)}
            />
          )}
        </Panel>
      )}
      <Messages queue={queue} letters={letters} />
    </Page>
  );
}

type Letters = Api['admin']['deadLetters'];

const columnsOf = (letters: Letters, again: () => void): Column<DeadLetterQueue>[] => [
  {
    title: 'Queue',
    cell: ({ name, host, messages }) => (
      <>
        {messages === 0 ? (
          <Text size="md" className="breakable">
            {name}
          </Text>
        ) : (
          <Anchor href={href(['dead-letters'], { queue: name })} fw={600} className="breakable">
            {name}
          </Anchor>
        )}
        {host !== null && (
          <Text size="xs" c="dimmed" className="breakable">
            {host}
          </Text>
        )}
      </>
    ),
  },
  { title: 'Messages', numeric: true, cell: ({ messages }) => formatCount(messages) },
  {
    title: 'Last redrive',
    wide: true,
    cell: ({ task }) =>
      task === null
        ? '–'
        : `${words(task.status)}, ${formatCount(task.moved)}${task.total === null ? '' : ` of ${formatCount(task.total)}`}`,
  },
  {
    title: 'Actions',
    hideTitle: true,
    numeric: true,
    cell: (queue) => (
      <Confirm
        label="Redrive"
        name={queue.name}
        title={`Redrive ${queue.name}?`}
        color="pine"
        disabled={!queue.redrivable || queue.messages === 0 || queue.task?.status === 'running'}
        run={() => letters.redrive(queue.name)}
        done={`The messages of ${queue.name} go back to their queue.`}
        onDone={again}
      >
        Sends {counted(queue.messages, 'message')} back to the queue they failed in, where they are worked off again
        with all their tries. What fails again comes back here; every piece of this work may run twice and changes
        nothing the second time.
      </Confirm>
    ),
  },
];

/** A look at up to ten messages, which takes none away. */
function Messages({ queue, letters }: { queue: string | undefined; letters: Letters }) {
  const found = useQuery({
    queryKey: ['dead-letters', queue],
    queryFn: ({ signal }) => letters.look(queue ?? '', { signal }),
    enabled: queue !== undefined,
  });
  return (
    <Drawer
      opened={queue !== undefined}
      onClose={() => setParams({ queue: undefined })}
      position="right"
      size={560}
      title={queue}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {found.isLoading && <Loading />}
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.data?.length === 0 && (
        <Empty title="None to be seen now">They may be worked off, or another look has them for a moment.</Empty>
      )}
      <Stack gap="lg">
        {found.data?.map(({ id, sentAt, receiveCount, body }) => (
          <article key={id}>
            <Group justify="space-between" gap="xs" mb={6}>
              <Id value={id} />
              <Text size="xs" c="dimmed">
                sent <Time value={sentAt} distance /> · {counted(receiveCount, 'try').replace('trys', 'tries')}
              </Text>
            </Group>
            <Code block tabIndex={0} className="body">
              {indented(body)}
            </Code>
          </article>
        ))}
      </Stack>
    </Drawer>
  );
}

/** A message that is JSON is easier to read in lines. */
function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}
