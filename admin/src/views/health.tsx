import { Alert, Badge, Button, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Schemas } from '../api.ts';
import { words } from '../format.ts';
import { useApi } from '../session.tsx';
import { Failure } from '../ui/failure.tsx';
import { Rows } from '../ui/list.tsx';
import { Loading, Page, Panel } from '../ui/page.tsx';
import { State, Time } from '../ui/values.tsx';

type Health = Schemas['Health'];

/** What the stage sees of itself. */
export function HealthView() {
  const { admin } = useApi();
  const health = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => admin.health({ signal }),
    refetchInterval: 60_000,
  });
  return (
    <Page
      title="Health"
      about="The table, the secret, each bucket and the hourly schedule, as the stage itself sees them."
      actions={
        <Button
          variant="default"
          leftSection={<IconRefresh size={16} aria-hidden />}
          loading={health.isFetching}
          onClick={() => void health.refetch()}
        >
          Look again
        </Button>
      }
    >
      {health.isPending && <Loading />}
      {health.error && <Failure error={health.error} retry={() => void health.refetch()} />}
      {health.data && !health.error && <Found health={health.data} />}
    </Page>
  );
}

function Found({ health }: { health: Health }) {
  const ill = health.checks.filter(({ state }) => state !== 'ok');
  return (
    <>
      <Alert
        color={health.healthy ? 'green' : 'red'}
        role="status"
        icon={health.healthy ? <IconCircleCheck size={18} /> : <IconAlertTriangle size={18} />}
        title={
          health.healthy ? 'The stage is well' : `${words(ill.map(({ name }) => words(name)).join(', '))}: not well`
        }
      >
        Looked at <Time value={health.at} distance />. Again every minute while this page is open.
      </Alert>
      <Panel title="Checks" flush>
        <Rows
          label="Checks"
          rows={health.checks}
          keyOf={({ name }) => name}
          columns={[
            {
              title: 'What',
              cell: ({ name, state }) => (
                <>
                  <strong>{words(name)}</strong>
                  <div className="only-narrow">
                    <State value={state} />
                  </div>
                </>
              ),
            },
            { title: 'State', wide: true, cell: ({ state }) => <State value={state} /> },
            {
              title: 'Found',
              cell: ({ message, code }) => (
                <div className="breakable">
                  {message}{' '}
                  {code && (
                    <Badge variant="default" size="sm" radius="sm" className="code">
                      {code}
                    </Badge>
                  )}
                </div>
              ),
            },
          ]}
        />
      </Panel>
      <Panel title="Where it was told to look">
        <dl className="facts">
          {placesOf(health).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value ?? <span className="dim">none</span>}</dd>
            </div>
          ))}
        </dl>
        {health.r2 === undefined && (
          <Text size="sm" c="dimmed">
            R2 is not configured; storage answers 503.
          </Text>
        )}
      </Panel>
    </>
  );
}

function placesOf({ tokens, r2 }: Health): [string, string | null][] {
  const ofTokens: [string, string | null][] = [
    ['Token issuer', tokens.issuer],
    ['Audience', tokens.audience],
    ['Its keys', tokens.jwksUrl],
  ];
  if (r2 === undefined) return ofTokens;
  return [
    ...ofTokens,
    ['R2 endpoint', r2.endpoint],
    ['R2 secret', r2.secretName],
    ['Bucket', r2.bucket],
    ['Public bucket', r2.publicBucket],
    ['Public address', r2.publicBaseUrl],
    ['Compliance bucket', r2.complianceBucket],
  ];
}
