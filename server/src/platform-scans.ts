/** What a scanner of the platform asks and tells (docs/contract.md, "Scans"). */
import type { Caller, CallOptions } from './caller.ts';
import type { AnswerOf, JsonOf, Operation } from './operations.ts';

const scan = '/platform/scans/{fileId}';

export type Scan = AnswerOf<Operation<'get', typeof scan>>;
export type Verdict = JsonOf<Operation<'post', `${typeof scan}/verdict`>>;
type VerdictAnswer = AnswerOf<Operation<'post', `${typeof scan}/verdict`>>;

/** Files in quarantine. */
export const scansOf = ({ call }: Caller) => ({
  /** A file of the scan queue, with a link of 300 seconds to its bytes. */
  get: (fileId: string, options?: CallOptions): Promise<Scan> => call('get', scan, { path: { fileId } }, options),
  /** Lets the file out, or deletes it. The same again changes nothing. */
  judge: (fileId: string, verdict: Verdict, options?: CallOptions): Promise<VerdictAnswer> =>
    call('post', `${scan}/verdict`, { path: { fileId }, json: verdict }, options),
});
