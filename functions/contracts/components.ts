import type * as z from 'zod/mini';
import { appSettingsAnswer, keyAnswer, settingsAnswer, uploadSettingsAnswer } from './admin-views.ts';
import { presignAnswer } from './fields.ts';
import { consumedFileAnswer, minisiteAnswer, parentAnswer, parentsAnswer } from './organization-views.ts';
import { reconcileAnswer } from './reconcile-view.ts';
import { newUploadAnswer, uploadAnswer } from './upload-views.ts';
import { fileAnswer, quotaAnswer, variantAnswer } from './views.ts';

/** Shapes that several answers share, by the names client generators give them: `components/schemas` of the API document. */
export const components: Record<string, z.ZodMiniType> = {
  AppSettings: appSettingsAnswer,
  File: fileAnswer,
  Key: keyAnswer,
  Minisite: minisiteAnswer,
  NewUpload: newUploadAnswer,
  Parent: parentAnswer,
  Parents: parentsAnswer,
  Presign: presignAnswer,
  Quota: quotaAnswer,
  Reconcile: reconcileAnswer,
  Settings: settingsAnswer,
  ConsumedFile: consumedFileAnswer,
  Upload: uploadAnswer,
  UploadSettings: uploadSettingsAnswer,
  Variant: variantAnswer,
};
