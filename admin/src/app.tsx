import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { refusesToken } from './api.ts';
import { useRoute } from './route.ts';
import { useSession } from './session.tsx';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';
import { Boundary } from './ui/boundary.tsx';
import { Empty, Page } from './ui/page.tsx';
import { AppView } from './views/app.tsx';
import { AppsView } from './views/apps.tsx';
import { AuditView } from './views/audit.tsx';
import { DeadLettersView } from './views/dead-letters.tsx';
import { HealthView } from './views/health.tsx';
import { OrganizationsView } from './views/organizations.tsx';
import { ReconcileView } from './views/reconcile.tsx';
import { UploadsView } from './views/uploads.tsx';

/** The sign-in, or the view that the address names. */
export function App() {
  const { api } = useSession();
  const { path } = useRoute();
  useRefusals();
  if (api === undefined) return <SignIn />;
  return (
    <Shell>
      <Boundary place={path}>
        <View />
      </Boundary>
    </Shell>
  );
}

function View() {
  const { segments } = useRoute();
  const [name = 'apps', id, tab = 'overview'] = segments;
  switch (name) {
    case 'apps':
      return id === undefined ? <AppsView /> : <AppView key={id} appId={id} tab={tab} />;
    case 'uploads':
      return <UploadsView tab={id ?? 'files'} />;
    case 'organizations':
      return <OrganizationsView orgId={id} />;
    case 'reconcile':
      return <ReconcileView />;
    case 'dead-letters':
      return <DeadLettersView />;
    case 'audit':
      return <AuditView />;
    case 'health':
      return <HealthView />;
    default:
      return (
        <Page title="No such page">
          <Empty title="There is nothing at this address">Choose a page from the navigation.</Empty>
        </Page>
      );
  }
}

/** A refused token, whichever call found out, leads back to the sign-in with the API's own words. */
function useRefusals() {
  const queries = useQueryClient();
  const { signOut } = useSession();
  useEffect(() => {
    const look = (error: unknown) => {
      if (refusesToken(error)) signOut(`${error.message}${error.requestId ? ` (request ${error.requestId})` : ''}`);
    };
    const stopQueries = queries.getQueryCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'error') look(event.action.error);
    });
    const stopMutations = queries.getMutationCache().subscribe((event) => {
      if (event.type === 'updated' && event.action.type === 'error') look(event.action.error);
    });
    return () => {
      stopQueries();
      stopMutations();
    };
  }, [queries, signOut]);
}
