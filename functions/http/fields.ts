import * as z from 'zod/mini';
import { identifier, optionalIdentifier } from './contract.ts';

export const appParams = z.object({ appId: identifier });
export const appFileParams = z.object({ appId: identifier, fileId: z.string() });
export const sessionFileParams = z.object({ sessionId: identifier, fileId: z.string() });

/** Form fields of an extension upload (seed 1). An empty field is a field that was not filled in. */
const blankable = z.pipe(
  z.transform((value) => (value === '' ? undefined : value)),
  optionalIdentifier,
);

export const sessionForm = z.object({ purpose: blankable });
export const stageForm = z.object({ purpose: blankable, draftId: blankable });
