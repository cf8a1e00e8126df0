import { ActionIcon, Burger, Button, Drawer, NavLink, Text, Tooltip, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconActivityHeartbeat,
  IconApps,
  IconBuilding,
  IconDeviceDesktop,
  IconHistory,
  IconLogout,
  IconMailX,
  IconMoon,
  IconScale,
  IconSun,
  IconUpload,
} from '@tabler/icons-react';
import { type ReactNode, useEffect } from 'react';
import { href, useRoute } from './route.ts';
import { settings, useSession } from './session.tsx';
import { Mark } from './ui/mark.tsx';

const places = [
  {
    group: 'Files',
    items: [
      { name: 'apps', title: 'Apps', icon: IconApps },
      { name: 'uploads', title: 'Uploads', icon: IconUpload },
      { name: 'organizations', title: 'Organizations', icon: IconBuilding },
    ],
  },
  {
    group: 'Operation',
    items: [
      { name: 'health', title: 'Health', icon: IconActivityHeartbeat },
      { name: 'reconcile', title: 'Reconcile', icon: IconScale },
      { name: 'dead-letters', title: 'Dead letters', icon: IconMailX },
      { name: 'audit', title: 'Audit', icon: IconHistory },
    ],
  },
];

/** The frame around every view: where one can go, on a phone behind a button. */
export function Shell({ children }: { children: ReactNode }) {
  const [opened, { close, toggle }] = useDisclosure(false);
  const { path } = useRoute();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes whenever one went somewhere
  useEffect(close, [path]);
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => document.getElementById('content')?.focus()}>
        Skip to the content
      </button>
      <section className="topbar" aria-label="Menu">
        <Burger opened={opened} onClick={toggle} size="sm" aria-label="Navigation" aria-expanded={opened} />
        <Mark />
      </section>
      <aside className="sidebar">
        <div className="sidebar-head">
          <Mark />
        </div>
        <Navigation />
      </aside>
      <Drawer
        opened={opened}
        onClose={close}
        size={260}
        title={<Mark />}
        padding="md"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Navigation />
      </Drawer>
      <main className="content" id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Navigation() {
  const { signOut } = useSession();
  const { segments } = useRoute();
  const here = segments[0] ?? 'apps';
  return (
    <div className="navigation">
      <nav aria-label="Pages">
        {places.map(({ group, items }) => (
          <div key={group} className="nav-group">
            <Text size="xs" c="dimmed" fw={600} className="nav-title">
              {group}
            </Text>
            {items.map(({ name, title, icon: Icon }) => (
              <NavLink
                key={name}
                href={href([name])}
                label={title}
                leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
                active={here === name}
                aria-current={here === name ? 'page' : undefined}
              />
            ))}
          </div>
        ))}
      </nav>
      <div className="nav-foot">
        <Text size="xs" c="dimmed" className="breakable">
          {settings.baseUrl.replace(/^https?:\/\//, '')}
        </Text>
        <div className="nav-actions">
          <Button
            variant="default"
            size="xs"
            leftSection={<IconLogout size={16} aria-hidden />}
            onClick={() => signOut()}
          >
            Sign out
          </Button>
          <SchemeButton />
        </div>
      </div>
    </div>
  );
}

const schemes = {
  auto: { icon: IconDeviceDesktop, label: 'Colours of the system', next: 'light' },
  light: { icon: IconSun, label: 'Light', next: 'dark' },
  dark: { icon: IconMoon, label: 'Dark', next: 'auto' },
} as const;

function SchemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const { icon: Icon, label, next } = schemes[colorScheme];
  return (
    <Tooltip label={`${label}; press for ${schemes[next].label.toLowerCase()}`}>
      <ActionIcon
        variant="default"
        size={30}
        aria-label={`Colour scheme: ${label}`}
        onClick={() => setColorScheme(next)}
      >
        <Icon size={16} stroke={1.6} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
