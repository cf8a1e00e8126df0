import type { Scope } from '#core/files/record.ts';

/** Messages of the cleanup queue, one page of work each. Each may arrive twice, late or out of order. */
export type CleanupMessage =
  | { type: 'file.delete'; fileId: string }
  | { type: 'files.delete'; fileIds: string[] }
  /** What a claim's request could not release any more of the draft it was made from. */
  | { type: 'draft.clean'; claimId: string; draftId: string }
  /** `pass` 2 comes a minute after the first has ended, for what the index did not show yet. */
  | { type: 'scope.clean'; scope: Scope; cursor?: string | undefined; pass?: 1 | 2 | undefined }
  | { type: 'template.check'; templateId: string };

export interface CleanupQueue {
  /** @param delaySeconds at most 900, SQS's limit */
  send(message: CleanupMessage, delaySeconds?: number): Promise<void>;
}
