import { Alert, Button, Divider, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { IconAlertCircle } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { createApi } from './api.ts';
import { settings, useSession } from './session.tsx';
import { Failure } from './ui/failure.tsx';
import { Mark } from './ui/mark.tsx';

/** Takes a service token and tries it before anything is shown. */
export function SignIn() {
  const { signIn, reason } = useSession();
  const [token, setToken] = useState('');
  const entering = useMutation({
    mutationFn: async (given: string | undefined) => {
      const used = (given ?? (await demoToken())).trim().replace(/^Bearer\s+/i, '');
      await createApi(settings.baseUrl, used).call('get', '/admin/extensions/apps', { query: { limit: 1 } });
      return used;
    },
    onSuccess: signIn,
  });
  useEffect(() => {
    document.title = 'Sign in · Stowage';
  }, []);
  return (
    <main className="sign-in">
      <Paper withBorder p="xl" radius="lg" className="sign-in-card" shadow="sm">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            entering.mutate(token);
          }}
        >
          <Stack gap="md">
            <Stack gap={4}>
              <Mark />
              <Title order={1} mt="xs">
                Administration
              </Title>
              <Text size="sm" c="dimmed">
                {settings.baseUrl.replace(/^https?:\/\//, '')}
              </Text>
            </Stack>
            {reason !== undefined && !entering.isError && (
              <Alert color="orange" icon={<IconAlertCircle size={18} />} title="You were signed out" role="alert">
                {reason}
              </Alert>
            )}
            {entering.isError && <Failure error={entering.error} />}
            <PasswordInput
              label="Service token"
              description="With scope admin. It stays in this tab and is forgotten when the tab is closed."
              value={token}
              onChange={({ currentTarget }) => setToken(currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
              required
              withAsterisk={false}
              visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the token' }}
            />
            <Button type="submit" loading={entering.isPending} disabled={token.trim() === ''}>
              Sign in
            </Button>
            {settings.isDemo && (
              <>
                <Divider label="on this machine" />
                <Button variant="default" disabled={entering.isPending} onClick={() => entering.mutate(undefined)}>
                  Use the demo token
                </Button>
              </>
            )}
          </Stack>
        </form>
      </Paper>
    </main>
  );
}

/** An administrator's token of the one-machine cloud; good for twelve hours. */
async function demoToken(): Promise<string> {
  const claims = { token_use: 'service', scope: 'admin', sub: 'demo-admin' };
  const answer = await fetch('/__local/tokens', { method: 'POST', body: JSON.stringify(claims) });
  if (!answer.ok) throw new Error(`The one-machine cloud gave no token: it answered ${answer.status}.`);
  return ((await answer.json()) as { token: string }).token;
}
