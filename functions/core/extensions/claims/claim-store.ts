import type { ExtensionFile } from '#core/files/record.ts';
import type { CounterLimit } from '#core/files/store.ts';
import type { BindResult, ClaimRecord, ClaimTarget, Move } from './claim-record.ts';

/** Whose config of what: claims of others for the same target are theirs. */
export interface Claimant {
  appId: string;
  userId: string;
  target: Pick<ClaimTarget, 'type' | 'id'>;
}

/** What a claim does in one transaction, whole or not at all. */
export interface Binding {
  claim: ClaimRecord;
  moves: Move[];
  /** Those of the counters that grow. */
  limits: CounterLimit[];
  /** What the target held and the config no longer names. */
  released: ExtensionFile[];
}

/** Claims and the files they bind. */
export interface ClaimStore {
  get(claimId: string): Promise<ClaimRecord | undefined>;
  /**
   * The claim of the config that was saved last for a target; strongly consistent. What it does not name nothing
   * references. Undefined when that is not known, as after the last one was taken back.
   */
  lastIdOf(claimant: Claimant): Promise<string | undefined>;
  /** The config of a claim that stands was saved once more. Nothing where the target is deleted. */
  makeLast(claim: ClaimRecord): Promise<void>;
  /** Strongly consistent; missing ones and those of other systems are left out. */
  getFiles(fileIds: string[]): Promise<ExtensionFile[]>;
  /**
   * Moves all files, their counters and the claim's record in one transaction, and makes the claim its target's last.
   * The target must not be deleted, its last claim must still be the one that `claim.previousId` names, the claim must
   * not stand already, and each file must be at the revision it was read at.
   */
  bind(binding: Binding, now: Date): Promise<BindResult>;
  /**
   * Releases files that the config does not use, at most 30, in one transaction: `noted` in the claim while it is not
   * answered, or `unsaid` since. False when one of them moved meanwhile, or the claim is rolled back, or answered where
   * they are to be noted.
   */
  discard(claimId: string, files: ExtensionFile[], now: Date, how: 'noted' | 'unsaid'): Promise<boolean>;
  /** From now on nothing more is discarded. Answers all that was, by whichever call; undefined when rolled back. */
  finish(claimId: string, now: Date): Promise<string[] | undefined>;
  /**
   * Moves all files back and marks the claim rolled back, in one transaction; their alarms are set before it. Where it
   * is its target's last, the one before is that again. False: a file moved meanwhile, or another claim came.
   */
  unbind(claim: ClaimRecord, moves: Move[]): Promise<boolean>;
}
