import { notifications } from '@mantine/notifications';

/** Says in passing that something is done. Never with a secret in it. */
export function tell(message: string): void {
  notifications.show({ message, color: 'pine', closeButtonProps: { 'aria-label': 'Dismiss' } });
}
