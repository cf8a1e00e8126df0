/**
 * An app's counter lies in so many parts, each with its share of the limit. One item would be the ceiling of an app:
 * DynamoDB refuses two transactions that touch one item at the same moment, so an item that each of them holds for 10 ms
 * takes some 60 writes a second. As many as fit one transaction whole (100 items) beside what else a reservation writes,
 * and one batch read (100 keys): a file may need room that only all parts together have.
 */
export const sliceCount = 80;

/** The part that counts a new file, by the random end of its id. */
export const sliceOf = (fileId: string): number => Number.parseInt(fileId.slice(-6), 16) % sliceCount;

/**
 * A slice's share of a limit, bytes. The shares of one limit add up to it, and none is smaller than its share of a
 * smaller limit, so that slices of which some know a new limit already never hold more than the larger of both.
 */
export function shareOf(limitBytes: number, slice: number): number {
  return Math.floor(limitBytes / sliceCount) + (slice < limitBytes % sliceCount ? 1 : 0);
}
