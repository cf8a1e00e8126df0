/** Administration: an app's settings and usage. */
import { byId, make, reason, say, size } from './dom.ts';
import { listenLifecycle, showLifecycle } from './lifecycle.ts';
import { appId, call } from './platform.ts';

interface Administered {
  settings: Record<string, unknown>;
  usage: { usedBytes: number; fileCount: number };
}

const bytesPerUnit = 1_048_576;

/** The fields in the order they are shown. Sizes are written in MiB, as the limits are. */
const fields: { name: string; label: string; unit?: 'MiB' | 'list' }[] = [
  { name: 'maxFileBytes', label: 'One file, MiB', unit: 'MiB' },
  { name: 'maxBytesPerSession', label: 'One session, MiB', unit: 'MiB' },
  { name: 'maxBytesPerApp', label: 'The whole app, MiB', unit: 'MiB' },
  { name: 'maxStagedBytesPerUserPerApp', label: 'Staged by one user, MiB', unit: 'MiB' },
  { name: 'maxImageEdge', label: 'Longest edge, pixels' },
  { name: 'stagedTtlSeconds', label: 'Staged files live, seconds' },
  { name: 'stateMaxBytes', label: 'Session state, bytes' },
  { name: 'allowedMimePrefixes', label: 'Allowed types', unit: 'list' },
];

const form = byId<HTMLFormElement>('settings');
const enabled = form.elements.namedItem('enabled') as HTMLInputElement;
const path = `/admin/extensions/apps/${appId}/file-storage`;

/** Shows the panel with what holds now. */
export async function openAdmin(): Promise<void> {
  showLifecycle();
  await refresh();
}

/** Builds the form and wires it. */
export function listenAdmin(): void {
  byId('settings-fields').append(
    ...fields.map(({ name, label, unit }) =>
      make(
        'label',
        {},
        make('span', { className: 'label' }, label),
        make(
          'input',
          unit === 'list' ? { name, required: true } : { name, type: 'number', min: '0', step: 'any', required: true },
        ),
      ),
    ),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    void save();
  };
  listenLifecycle(refresh);
}

async function refresh(): Promise<void> {
  try {
    show(await call<Administered>('admin', 'GET', path));
  } catch (error) {
    say(byId('settings-result'), reason(error), true);
  }
}

async function save(): Promise<void> {
  const values = fields.map(({ name, unit }) => {
    const { value } = form.elements.namedItem(name) as HTMLInputElement;
    if (unit === 'list') return [name, value.split(/[\s,]+/).filter((part) => part !== '')];
    return [name, unit === 'MiB' ? Math.round(Number(value) * bytesPerUnit) : Number(value)];
  });
  try {
    const change = { enabled: enabled.checked, ...Object.fromEntries(values) };
    show(await call<Administered>('admin', 'PUT', path, change));
    say(byId('settings-result'), 'Saved. It holds everywhere within a second here, within five when deployed.');
  } catch (error) {
    say(byId('settings-result'), reason(error), true);
  }
}

function show({ settings, usage }: Administered): void {
  enabled.checked = settings.enabled === true;
  for (const { name, unit } of fields) {
    const value = settings[name];
    const input = form.elements.namedItem(name) as HTMLInputElement;
    if (unit === 'list') input.value = (value as string[]).join(', ');
    else input.value = unit === 'MiB' ? `${Number((Number(value) / bytesPerUnit).toFixed(3))}` : `${value}`;
  }
  const meter = byId<HTMLProgressElement>('usage');
  const limit = Number(settings.maxBytesPerApp);
  meter.max = Math.max(1, limit);
  meter.value = usage.usedBytes;
  const files = usage.fileCount === 1 ? '1 file' : `${usage.fileCount} files`;
  byId('usage-text').textContent = `${files}, ${size(usage.usedBytes)} of ${size(limit)}`;
}
