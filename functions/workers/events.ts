import { tellChanges } from '#core/events/tell.ts';
import { changeHandler } from '#runtime/change-handler.ts';
import { changeIn, quotaWatch, tellDeps } from '#runtime/container-events.ts';
import { withDeadline } from '#runtime/deadline.ts';

/** Tells the bus and the webhooks what became of files, woken by the changes of their records. */
export const handler = withDeadline(
  changeHandler({
    changeIn,
    tell: (changes) => tellChanges(tellDeps(), changes),
    watch: (events) => quotaWatch()(events),
  }),
);
