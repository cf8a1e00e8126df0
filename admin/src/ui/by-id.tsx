import { Anchor, Button, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { settings } from '../session.tsx';

/** Asks whose files to list, since a list of all there are is in no index. */
export function ById({ label, value, onChoose }: { label: string; value: string; onChoose: (id: string) => void }) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  return (
    <form
      className="by-id"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() !== '') onChoose(typed.trim());
      }}
    >
      <TextInput
        className="grow"
        aria-label={label}
        placeholder={label}
        value={typed}
        maxLength={128}
        onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      <Button type="submit" variant="default" disabled={typed.trim() === ''}>
        Show files
      </Button>
    </form>
  );
}

/** Where there is something to see on the one-machine cloud, and nothing elsewhere. */
export const OnThisMachine = ({ id, to }: { id: string; to: string }) =>
  settings.isDemo && (
    <>
      {' '}
      On this machine it is{' '}
      <Anchor href={to} underline="always">
        {id}
      </Anchor>
      .
    </>
  );
