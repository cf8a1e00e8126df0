import { partSeconds } from '#core/files/parts.ts';
import type { ObjectRef } from '#core/files/ports.ts';
import { type FileRecord, incomingOf, objectOf } from '#core/files/record.ts';
import { variantObjects } from '#core/files/variants.ts';

/**
 * What a finished or released direct upload leaves behind, until nothing can appear at its incoming key any more: the
 * URL may still be alive, and a client may PUT again after we took the object away.
 */
export interface IncomingMarker {
  fileId: string;
  incoming: ObjectRef;
  /** The final key: a completion that outlived the record may have written it. */
  final: ObjectRef;
  /** Likewise those of its presets' copies; none of markers that were left before there were any. */
  variants?: ObjectRef[];
  /** Epoch milliseconds after which the objects are removed once more, for good. */
  dueAt: number;
}

/** After the URL's end: a PUT that began in its last second may take long to arrive. */
const lateArrivalMs = 60 * 60_000;

/** The marker a direct upload needs when it ends now; undefined when there is nothing left to wait for. */
export function markerOf(file: FileRecord, now: Date): IncomingMarker | undefined {
  if (file.incoming === undefined) return undefined;
  const { urlExpiresAt, parts } = file.incoming;
  // Parts are signed for an hour at a time, while their upload may wait for days.
  const lastUrl = parts === undefined ? urlExpiresAt : Math.min(urlExpiresAt, now.getTime() + partSeconds * 1000);
  const dueAt = lastUrl + lateArrivalMs;
  if (dueAt <= now.getTime()) return undefined;
  const [incoming, final, variants] = [incomingOf(file.incoming), objectOf(file), variantObjects(file)];
  return { fileId: file.id, incoming, final, ...(variants.length > 0 && { variants }), dueAt };
}
