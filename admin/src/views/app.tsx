import { Tabs } from '@mantine/core';
import { go } from '../route.ts';
import { Empty, Page } from '../ui/page.tsx';
import { AppOverview } from './app-overview.tsx';
import { AppSettingsForm } from './app-settings.tsx';
import { AuditList } from './audit.tsx';
import { FilesView } from './files.tsx';
import { KeysView } from './keys.tsx';

const tabs = {
  overview: { title: 'Overview', View: AppOverview },
  files: { title: 'Files', View: FilesView },
  keys: { title: 'Keys', View: KeysView },
  settings: { title: 'Settings', View: AppSettingsForm },
  audit: { title: 'Audit', View: ({ appId }: { appId: string }) => <AuditList appId={appId} /> },
};

/** An app, in tabs that the address names. */
export function AppView({ appId, tab }: { appId: string; tab: string }) {
  const known = Object.hasOwn(tabs, tab) ? tabs[tab as keyof typeof tabs] : undefined;
  return (
    <Page title={appId} crumb={{ title: 'Apps', href: '#/apps' }}>
      <Tabs value={tab} onChange={(next) => next && go(['apps', appId, next])} keepMounted={false}>
        <Tabs.List className="tabs">
          {Object.entries(tabs).map(([name, { title }]) => (
            <Tabs.Tab key={name} value={name}>
              {title}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {known && (
          <Tabs.Panel value={tab} pt="lg">
            <known.View appId={appId} />
          </Tabs.Panel>
        )}
      </Tabs>
      {!known && <Empty title="No such page">Choose one of the tabs.</Empty>}
    </Page>
  );
}
