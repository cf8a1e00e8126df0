import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { isStowageError } from '../../../server/src/errors.ts';

/** A refusal as the API worded it, with what support asks for. `retry` where the same again may succeed. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const known = isStowageError(error) ? error : undefined;
  const message = error instanceof Error ? error.message : `${error}`;
  return (
    <Alert color="red" icon={<IconAlertTriangle size={18} />} title={titleOf(known?.status)} role="alert">
      <Stack gap="xs">
        <Text size="sm">{message}</Text>
        {known && (
          <Text size="xs" className="breakable">
            <Code>{known.code}</Code>
            {known.status > 0 && ` · HTTP ${known.status}`}
            {known.requestId !== undefined && (
              <>
                {' · request '}
                <Code>{known.requestId}</Code>
              </>
            )}
          </Text>
        )}
        {retry && (
          <Group>
            <Button size="xs" variant="default" onClick={retry}>
              Try again
            </Button>
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

function titleOf(status: number | undefined): string {
  if (status === undefined) return 'That did not work';
  if (status === 0) return 'The API could not be reached';
  if (status === 401 || status === 403) return 'The token was refused';
  return status >= 500 ? 'The API cannot answer now' : 'The API refused this';
}
