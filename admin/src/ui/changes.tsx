import { Button, Group, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { counted } from '../format.ts';
import { Failure } from './failure.tsx';
import { tell } from './tell.ts';

/** A setting that is not saved yet, in words. */
export interface Change {
  name: string;
  from: string;
  to: string;
}

/** What would be saved, before it is: each change from what it is to what it will be. */
export function Changes({
  changes,
  isValid,
  save,
  discard,
}: {
  changes: Change[];
  isValid: boolean;
  save: () => Promise<unknown>;
  discard: () => void;
}) {
  const saving = useMutation({
    mutationFn: save,
    onSuccess: () => tell('Saved. It holds everywhere within five seconds.'),
  });
  if (changes.length === 0) return null;
  return (
    <section className="changes" aria-label="Changes">
      <Text fw={600} size="sm">
        {counted(changes.length, 'change')}, not saved yet
      </Text>
      <ul>
        {changes.map(({ name, from, to }) => (
          <li key={name}>
            {name}: <del>{from}</del> <span aria-hidden>→</span> <ins>{to}</ins>
          </li>
        ))}
      </ul>
      {saving.isError && <Failure error={saving.error} />}
      <Group gap="sm">
        <Button size="xs" loading={saving.isPending} disabled={!isValid} onClick={() => saving.mutate()}>
          Save
        </Button>
        <Button size="xs" variant="default" disabled={saving.isPending} onClick={discard}>
          Discard
        </Button>
        {!isValid && (
          <Text size="sm" c="red">
            Correct what is marked first.
          </Text>
        )}
      </Group>
    </section>
  );
}

/** The given values that differ, as they are sent. */
export function differing<T extends object>(before: T, after: T): Partial<T> {
  const keys = Object.keys(after) as (keyof T)[];
  return Object.fromEntries(
    keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key])).map((key) => [key, after[key]]),
  ) as Partial<T>;
}
