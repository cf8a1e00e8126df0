import { type ClientOptions, createCaller, secretOf, type Token } from './caller.ts';
import { claimsOf, eventsOf } from './platform-extensions.ts';
import {
  complianceOf,
  exportsOf,
  membersOf,
  minisiteOf,
  rowsOf,
  signatureTokensOf,
  uploadsOf,
  workoutsOf,
} from './platform-organizations.ts';

import { scansOf } from './platform-scans.ts';

export interface PlatformOptions extends ClientOptions {
  /** A service token with scope `platform`, or how to get a fresh one. */
  token: Token;
}

export type Platform = ReturnType<typeof createPlatform>;

/**
 * What the platform's backend tells and asks (docs/integrating/platform.md, "Saving a configuration"). Every call rejects with a
 * `StowageError`, and with a `TypeError` where it cannot be sent as it is.
 */
export function createPlatform({ token, ...client }: PlatformOptions) {
  const caller = createCaller(client, async () => ({ authorization: `Bearer ${await secretOf(token)}` }));
  return {
    claims: claimsOf(caller),
    events: eventsOf(caller),
    members: membersOf(caller),
    scans: scansOf(caller),
    signatureTokens: signatureTokensOf(caller),
    compliance: complianceOf(caller),
    exports: exportsOf(caller),
    workouts: workoutsOf(caller),
    uploads: uploadsOf(caller),
    minisite: minisiteOf(caller),
    progressPhotos: rowsOf(caller, '/progress-photos'),
    exerciseComments: rowsOf(caller, '/exercise-comments'),
    messages: rowsOf(caller, '/messages'),
  };
}
