/** What Stowage tells of files, as the document's `webhooks` say it (docs/contract.md, "Events"). */
import type { webhooks } from './api-types.ts';
import type { JsonOf, Schemas } from './operations.ts';

/** A file as events tell it: whose it is and what it is, and nothing by which its bytes could be read. */
export type FileFacts = Schemas['FileFacts'];

/** One that is no longer given out, with the `reason`. */
export type DeletedFacts = Schemas['DeletedFacts'];

/** How full an app is. */
export type QuotaFacts = Schemas['QuotaFacts'];

/** What `type` of an event may be. */
export type EventType = keyof webhooks;

/** One event; `type` tells what is in `data`. */
export type StowageEvent = { [Type in EventType]: JsonOf<webhooks[Type]['post']> }[EventType];
