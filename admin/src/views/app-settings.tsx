import { Switch } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '../api.ts';
import { formatBytes, formatCount, formatDuration } from '../format.ts';
import { useApi } from '../session.tsx';
import { Changes, differing } from '../ui/changes.tsx';
import { Failure } from '../ui/failure.tsx';
import { BytesField, DurationField, PixelsField, problemOf, TypesField, typesProblem } from '../ui/fields.tsx';
import { Loading, Panel } from '../ui/page.tsx';
import { PresetsField, presetsProblem } from '../ui/presets-field.tsx';

type Settings = Schemas['AppSettings'];
/** What a field may hold while somebody types. */
type Draft = { [K in keyof Settings]: Settings[K] extends number ? number | undefined : Settings[K] };

/** docs/contract.md, "Settings of an app": bounds, and each in words. */
const fields = {
  enabled: { name: 'Storage', show: (value: boolean) => (value ? 'on' : 'off') },
  maxFileBytes: { name: 'Largest upload', show: formatBytes, min: 1, max: 104_857_600 },
  maxBytesPerApp: { name: 'Room of the app', show: formatBytes, min: 0, max: 1e12 },
  maxBytesPerSession: { name: 'Room of a session', show: formatBytes, min: 0, max: 1e12 },
  maxStagedBytesPerUserPerApp: { name: 'Room of a staging user', show: formatBytes, min: 0, max: 1e12 },
  stateMaxBytes: { name: 'State of a session', show: formatBytes, min: 2, max: 262_144 },
  stagedTtlSeconds: { name: 'Staged files wait', show: formatDuration, min: 1, max: 2_592_000 },
  maxImageEdge: { name: 'Longest edge', show: (px: number) => `${formatCount(px)} px`, min: 16, max: 16_383 },
  allowedMimePrefixes: { name: 'Types', show: (types: string[]) => types.join(', ') },
  imagePresets: {
    name: 'Smaller copies',
    show: (presets: Record<string, number>) =>
      Object.entries(presets)
        .map(([name, edge]) => `${name} ${edge} px`)
        .join(', ') || 'none',
  },
} as const;
const typePattern = /^[a-z]+\/[a-z0-9.+-]{0,60}$/;
const mostTypes = 20;

/** An app's settings as a form; the present ones are read first. */
export function AppSettingsForm({ appId }: { appId: string }) {
  const { admin } = useApi();
  const storage = useQuery({
    queryKey: ['storage', appId],
    queryFn: ({ signal }) => admin.storage.get(appId, { signal }),
  });
  if (storage.isPending) return <Loading rows={8} />;
  if (storage.error) return <Failure error={storage.error} retry={() => void storage.refetch()} />;
  // Another reading of the same settings must not take away what somebody has typed.
  return <Form key={JSON.stringify(storage.data.settings)} appId={appId} saved={storage.data.settings} />;
}

function Form({ appId, saved }: { appId: string; saved: Settings }) {
  const { admin } = useApi();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft>(saved);
  const [round, setRound] = useState(0);
  const set = <K extends keyof Draft>(key: K, value: Draft[K]) => setDraft((before) => ({ ...before, [key]: value }));
  const change = differing<Draft>(saved, draft);
  const changes = (Object.keys(change) as (keyof Draft)[]).map((key) => ({
    name: fields[key].name,
    from: shown(key, saved[key]),
    to: shown(key, draft[key]),
  }));
  const number = (key: NumberKey) => ({
    label: fields[key].name,
    value: draft[key],
    range: fields[key],
    onChange: (value: number | undefined) => set(key, value),
  });
  return (
    <div className="settings" key={round}>
      <Panel title="Storage">
        <Switch
          checked={draft.enabled}
          onChange={({ currentTarget }) => set('enabled', currentTarget.checked)}
          label="The app may store files"
          description="Off, nothing more is taken in. What is stored is listed and opened as before."
        />
      </Panel>
      <Panel title="Room">
        <div className="field-grid">
          <BytesField {...number('maxBytesPerApp')} description="All sessions and users together." />
          <BytesField {...number('maxBytesPerSession')} description="In 4,000 files at most." />
          <BytesField {...number('maxStagedBytesPerUserPerApp')} description="In 1,000 files at most." />
          <BytesField {...number('maxFileBytes')} description="One upload, as it is sent." />
          <BytesField {...number('stateMaxBytes')} description="A session’s state, as JSON." />
          <DurationField {...number('stagedTtlSeconds')} description="For their claim, then they go." />
        </div>
      </Panel>
      <Panel title="Pictures and types">
        <div className="field-grid">
          <PixelsField {...number('maxImageEdge')} description="Larger pictures are scaled down." />
          <TypesField
            label={fields.allowedMimePrefixes.name}
            description="What the type of the bytes begins with. Enter adds one."
            value={draft.allowedMimePrefixes}
            onChange={(value) => set('allowedMimePrefixes', value)}
            pattern={typePattern}
            most={mostTypes}
            example="image/ or image/png"
          />
        </div>
        <PresetsField value={draft.imagePresets} onChange={(value) => set('imagePresets', value)} />
      </Panel>
      <Changes
        changes={changes}
        isValid={isValid(draft)}
        save={async () => {
          queries.setQueryData(['storage', appId], await admin.storage.set(appId, change as Partial<Settings>));
          for (const key of ['apps', 'audit']) void queries.invalidateQueries({ queryKey: [key] });
        }}
        discard={() => {
          setDraft(saved);
          setRound(round + 1);
        }}
      />
    </div>
  );
}

type NumberKey = { [K in keyof Settings]: Settings[K] extends number ? K : never }[keyof Settings];
const numberKeys = (Object.keys(fields) as (keyof Settings)[]).filter((key) => 'min' in fields[key]) as NumberKey[];

function shown(key: keyof Draft, value: unknown): string {
  return value === undefined ? 'nothing' : (fields[key].show as (value: unknown) => string)(value);
}

const isValid = (draft: Draft) =>
  numberKeys.every((key) => problemOf(draft[key], fields[key], String) === undefined) &&
  typesProblem(draft.allowedMimePrefixes, typePattern, mostTypes) === undefined &&
  presetsProblem(draft.imagePresets) === undefined;
