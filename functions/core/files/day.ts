/** A moment's day in UTC (`2026-01-31`), as the notes of usage name it. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);
