import { AppError } from '#core/files/errors.ts';
import { idPattern } from '#core/files/ids.ts';
import type { Clock } from '#core/files/ports.ts';
import { moved, retryOnMoved } from '#core/files/retry.ts';
import { withoutClaim } from './claim-record.ts';
import type { ClaimStore } from './claim-store.ts';

/**
 * Takes a claim back when the lock or template could not be saved after all: its files are staged again for at least
 * an hour. Files that moved on since (deleted with their lock, say) or that another claim of the same lock or template
 * stands on stay as they are, and what it released by `replace` is gone; a second roll back changes nothing. Throws `not_found` for a claim that never was.
 */
export async function rollBackClaim(deps: { claims: ClaimStore; clock: Clock }, claimId: string): Promise<void> {
  await retryOnMoved(async () => {
    const claim = idPattern.test(claimId) ? await deps.claims.get(claimId) : undefined;
    if (claim === undefined) throw new AppError('not_found', 'There is no such claim.');
    if (claim.state === 'rolled_back') return true;
    const now = deps.clock.now();
    const files = await deps.claims.getFiles(claim.fileIds.filter((id) => idPattern.test(id)));
    const moves = files
      .filter(({ appId, userId }) => appId === claim.appId && userId === claim.userId)
      .filter((file) => file.state === 'ready' && file.claimIds?.includes(claimId))
      .map((from) => ({ from, to: withoutClaim(from, claimId, now) }));
    return (await deps.claims.unbind(claim, moves)) || moved;
  });
}
