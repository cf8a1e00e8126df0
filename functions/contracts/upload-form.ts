import type { Contract } from './contract.ts';
import { uploadRefusals } from './refusals.ts';
import { uploadForm } from './upload-fields.ts';
import { enveloped, newUploadAnswer } from './upload-views.ts';

/** The contract of both form uploads, which differ in what a caller has to know of them. */
export const uploadContract = (description: string) =>
  ({
    tag: 'uploads',
    description,
    form: uploadForm,
    success: 200,
    answer: enveloped(newUploadAnswer),
    idempotent: true,
    refuses: uploadRefusals,
  }) as const satisfies Contract;
