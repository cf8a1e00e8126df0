import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Schemas } from '../api.ts';
import { formatBytes, formatDuration } from '../format.ts';
import { useApi } from '../session.tsx';
import { Changes, differing } from '../ui/changes.tsx';
import { Failure } from '../ui/failure.tsx';
import { BytesField, DurationField, problemOf, TypesField, typesProblem } from '../ui/fields.tsx';
import { Loading, Panel } from '../ui/page.tsx';

type Settings = Schemas['UploadSettings']['settings'];
interface Draft {
  maxFileBytes: number | undefined;
  allowedTypes: string[];
  graceSeconds: number | undefined;
}

/** docs/contract.md, "Settings of the uploads API". */
const bytes = { min: 1, max: 5_363_423_150 };
const grace = { min: 0, max: 2_592_000 };
const pattern = /^(\*\/\*|[a-z]+\/(\*|[a-z0-9.+-]{0,100}))$/;
const most = 50;

const names = { maxFileBytes: 'Largest upload', allowedTypes: 'Types', graceSeconds: 'Grace period' };

/** Settings of the uploads API, which hold for all users. */
export function UploadSettings() {
  const { admin } = useApi();
  const read = useQuery({ queryKey: ['upload-settings'], queryFn: ({ signal }) => admin.uploads.get({ signal }) });
  if (read.isPending) return <Loading rows={4} />;
  if (read.error) return <Failure error={read.error} retry={() => void read.refetch()} />;
  return <Form key={JSON.stringify(read.data)} saved={read.data} />;
}

function Form({ saved }: { saved: Settings }) {
  const { admin } = useApi();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft>(saved);
  const [round, setRound] = useState(0);
  const change = differing<Draft>(saved, draft);
  const changes = (Object.keys(change) as (keyof Draft)[]).map((key) => ({
    name: names[key],
    from: shown(key, saved),
    to: shown(key, draft),
  }));
  const isValid =
    problemOf(draft.maxFileBytes, bytes, formatBytes) === undefined &&
    problemOf(draft.graceSeconds, grace, formatDuration) === undefined &&
    typesProblem(draft.allowedTypes, pattern, most) === undefined;
  return (
    <div className="settings" key={round}>
      <Panel title="Uploads of users">
        <div className="field-grid">
          <BytesField
            label={names.maxFileBytes}
            description="One file."
            value={draft.maxFileBytes}
            range={bytes}
            onChange={(maxFileBytes) => setDraft({ ...draft, maxFileBytes })}
          />
          <DurationField
            label={names.graceSeconds}
            description="Between deleting a file and removing its bytes."
            value={draft.graceSeconds}
            range={grace}
            onChange={(graceSeconds) => setDraft({ ...draft, graceSeconds })}
          />
          <TypesField
            label={names.allowedTypes}
            description="Everything (*/*), a family or one type. Enter adds one."
            value={draft.allowedTypes}
            onChange={(allowedTypes) => setDraft({ ...draft, allowedTypes })}
            pattern={pattern}
            most={most}
            example="*/*, image/* or image/png"
          />
        </div>
      </Panel>
      <Changes
        changes={changes}
        isValid={isValid}
        save={async () => {
          queries.setQueryData(['upload-settings'], await admin.uploads.set(change as Partial<Settings>));
          void queries.invalidateQueries({ queryKey: ['audit'] });
        }}
        discard={() => {
          setDraft(saved);
          setRound(round + 1);
        }}
      />
    </div>
  );
}

function shown(key: keyof Draft, of: Draft): string {
  if (key === 'allowedTypes') return of.allowedTypes.join(', ');
  const value = of[key];
  if (value === undefined) return 'nothing';
  return key === 'maxFileBytes' ? formatBytes(value) : formatDuration(value);
}
