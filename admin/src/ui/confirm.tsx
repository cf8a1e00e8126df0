import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failure } from './failure.tsx';
import { tell } from './tell.ts';

export interface ConfirmProps {
  /** What the button says, and the one that does it. */
  label: string;
  /** Where several buttons of a list say the same. */
  name?: string;
  title: string;
  /** What will happen. */
  children: ReactNode;
  run: () => Promise<unknown>;
  done: string;
  onDone?: () => void;
  color?: string;
  variant?: string;
  size?: string;
  disabled?: boolean;
}

/** A button for what cannot be taken back: it says what will happen, and does it when told again. */
export function Confirm(props: ConfirmProps) {
  const { label, name, title, children, run, done, onDone, color = 'red', variant = 'default', disabled } = props;
  const [opened, { open, close }] = useDisclosure(false);
  const running = useMutation({
    mutationFn: run,
    onSuccess: () => {
      close();
      tell(done);
      onDone?.();
    },
  });
  return (
    <>
      <Button
        variant={variant}
        color={color}
        size={props.size ?? 'xs'}
        disabled={disabled}
        aria-label={name === undefined ? undefined : `${label} ${name}`}
        onClick={() => {
          running.reset();
          open();
        }}
      >
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
        <Stack gap="md">
          <Text size="sm" component="div">
            {children}
          </Text>
          {running.isError && <Failure error={running.error} />}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={close} data-autofocus>
              Cancel
            </Button>
            <Button color={color} loading={running.isPending} onClick={() => running.mutate()}>
              {label}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
