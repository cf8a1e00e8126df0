import { ActionIcon, Button, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';

type Presets = Record<string, number>;
interface Row {
  id: number;
  name: string;
  edge: number | undefined;
}

const namePattern = /^[a-z][a-z0-9-]{0,31}$/;
const most = 8;

/** Why presets cannot be sent; undefined where they can. */
export function presetsProblem(presets: Presets): string | undefined {
  const wrong = Object.entries(presets).find(([name, edge]) => !namePattern.test(name) || !isEdge(edge));
  return wrong ? `“${wrong[0]}” needs a name like thumb and an edge from 16 to 4,096 px.` : undefined;
}

const isEdge = (edge: number | undefined) => edge !== undefined && Number.isInteger(edge) && edge >= 16 && edge <= 4096;

/** Names and edges of the copies that are made of every picture. */
export function PresetsField({ value, onChange }: { value: Presets; onChange: (value: Presets) => void }) {
  const [rows, setRows] = useState<Row[]>(() => Object.entries(value).map(([name, edge], id) => ({ id, name, edge })));
  const change = (next: Row[]) => {
    setRows(next);
    onChange(Object.fromEntries(next.map(({ name, edge }) => [name, edge ?? 0])));
  };
  const set = (id: number, part: Partial<Row>) =>
    change(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  return (
    <Stack gap="xs" role="group" aria-labelledby="presets" mt="md">
      <div>
        <Text size="sm" fw={600} id="presets">
          Smaller copies
        </Text>
        <Text size="xs" c="dimmed">
          Made of every picture stored from now on, {most} at most; each counts in the room.
        </Text>
      </div>
      {rows.map(({ id, name, edge }) => (
        <Group key={id} gap="xs" align="flex-start" wrap="nowrap">
          <TextInput
            className="grow"
            aria-label="Name of the copy"
            placeholder="thumb"
            value={name}
            error={!namePattern.test(name) && 'A letter, then a-z, 0-9 and -.'}
            onChange={({ currentTarget }) => set(id, { name: currentTarget.value })}
          />
          <NumberInput
            className="grow"
            aria-label="Longest edge of the copy"
            suffix=" px"
            placeholder="320 px"
            hideControls
            allowDecimal={false}
            value={edge ?? ''}
            error={!isEdge(edge) && '16 to 4,096 px.'}
            onChange={(next) => set(id, { edge: next === '' ? undefined : Number(next) })}
          />
          <ActionIcon
            variant="default"
            size={36}
            aria-label={`Remove the copy ${name}`}
            onClick={() => change(rows.filter((row) => row.id !== id))}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      {rows.length < most && (
        <Group>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => change([...rows, { id: Math.max(0, ...rows.map(({ id }) => id)) + 1, name: '', edge: 320 }])}
          >
            Add a copy
          </Button>
        </Group>
      )}
    </Stack>
  );
}
