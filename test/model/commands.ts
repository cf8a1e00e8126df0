import fc from 'fast-check';
import { type Command, drafts, type EventBody, locks, sessions, type Target, templates, users } from './domain.ts';
import type { CrashPlan } from './turns.ts';

/** What happens at the same time, after some time has passed. */
export interface Round {
  waitMs: number;
  asked: { command: Command; crash: CrashPlan | undefined }[];
}

const minute = 60_000;
/** Mostly the first, so that commands meet. */
const user = fc.constantFrom(users[0], users[0], users[0], users[1]);
const sessionId = fc.constantFrom(...(Object.keys(sessions) as (keyof typeof sessions)[]));
const draftId = fc.constantFrom(drafts[0], drafts[0], drafts[1], undefined);
const size = fc.constantFrom(100, 150, 200, 300);
const pick = fc.nat(7);

const target: fc.Arbitrary<Target> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('lock' as const), id: fc.constantFrom(...locks) }) },
  {
    weight: 2,
    arbitrary: sessionId.map((id) => ({ type: 'lock' as const, id: sessions[id], sessionId: id })),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('template' as const),
      id: fc.constantFrom(...templates),
      sessionId: fc.constantFrom('s1', undefined),
    }),
  },
);

const lockId = fc.constantFrom(...locks);
const templateId = fc.constantFrom(...templates);
const event: fc.Arbitrary<EventBody> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ type: 'app.deleted' as const, appId: 'app' }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('session.deleted' as const), sessionId }) },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constantFrom('lock.deleted' as const, 'lock.archived' as const), lockId }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('template.deleted' as const), templateId }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('lock.cloned' as const), lockId, templateId }) },
);

const stage = fc.record({ kind: fc.constant('stage' as const), user, draftId, size });
const upload = fc.record({ kind: fc.constant('upload' as const), sessionId, user, size });
const presign = fc.record({
  kind: fc.constant('presign' as const),
  sessionId: fc.option(sessionId, { nil: undefined }),
  user,
  size,
});
const put = fc.record({ kind: fc.constant('put' as const), pick, storedSize: size });

/** What a world begins with: there must be files before much can happen to them. */
export const beginning: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: stage }, upload, presign, put),
  { minLength: 1, maxLength: 5 },
);

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: stage },
  { weight: 2, arbitrary: upload },
  { weight: 1, arbitrary: presign },
  { weight: 1, arbitrary: put },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('complete' as const), pick }) },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      user,
      target,
      draftId,
      picks: fc.array(pick, { minLength: 1, maxLength: 3 }),
      replace: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('claimAgain' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rollBack' as const), pick }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), pick }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('event' as const), event, direct: fc.boolean() }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('work' as const), pick, keep: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'expire' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'schedule' as const }) },
);

/** Most are not killed, so that most things happen. */
export const crash: fc.Arbitrary<CrashPlan | undefined> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ call: fc.nat(6), when: fc.constantFrom('before' as const, 'after' as const) }) },
);

type Asked = Round['asked'];
const asked: fc.Arbitrary<Asked> = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.record({ command, crash }), { minLength: 1, maxLength: 3 }) },
  // The same thing asked twice at the same moment.
  { weight: 1, arbitrary: fc.tuple(command, crash, crash).map(([same, first, second]) => twice(same, first, second)) },
);

const twice = (command: Command, ...crashes: (CrashPlan | undefined)[]): Asked =>
  crashes.map((each) => ({ command, crash: each }));

export const rounds: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    waitMs: fc.oneof(
      { weight: 8, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(minute, 16 * minute, 70 * minute, 130 * minute) },
    ),
    asked,
  }),
  { minLength: 1, maxLength: 6 },
);
