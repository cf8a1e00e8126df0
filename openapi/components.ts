import type * as z from 'zod/mini';
import { appFileAnswer, detailedFileAnswer, reasonsAnswer } from '../functions/contracts/admin-file-views.ts';
import { organizationUploadAnswer, userUploadAnswer } from '../functions/contracts/admin-upload-views.ts';
import {
  appSettingsAnswer,
  appSummaryAnswer,
  keyAnswer,
  settingsAnswer,
  settingsChange,
  uploadSettingsAnswer,
  uploadSettingsChange,
} from '../functions/contracts/admin-views.ts';
import { auditAnswer } from '../functions/contracts/audit-view.ts';
import { deadLetterAnswer, deadMessageAnswer, moveTaskAnswer } from '../functions/contracts/dead-letters-view.ts';
import { deletedFacts, events, fileFacts, quotaFacts } from '../functions/contracts/events.ts';
import { presignAnswer } from '../functions/contracts/fields.ts';
import { healthAnswer } from '../functions/contracts/health-view.ts';
import { lifecycleEvent } from '../functions/contracts/messages.ts';
import {
  consumedFileAnswer,
  documentAnswer,
  exportAnswer,
  minisiteAnswer,
  parentAnswer,
  parentsAnswer,
  visitorAnswer,
} from '../functions/contracts/organization-views.ts';
import { keptReportAnswer, reconcileAnswer } from '../functions/contracts/reconcile-view.ts';
import { newUploadAnswer, uploadAnswer } from '../functions/contracts/upload-views.ts';
import { fileAnswer, quotaAnswer, variantAnswer } from '../functions/contracts/views.ts';

/**
 * Shapes with a name: `components/schemas` of the document, and the types that client generators make of it. None may be
 * the name of something that every page has, such as `File`: whoever imports it would lose the other.
 */
export const components: Record<string, z.ZodMiniType> = {
  AppFile: appFileAnswer,
  AppFileDetails: detailedFileAnswer,
  AppSettings: appSettingsAnswer,
  AppSettingsChange: settingsChange,
  AppStorage: settingsAnswer,
  AppSummary: appSummaryAnswer,
  AuditEntry: auditAnswer,
  ComplianceDocument: documentAnswer,
  ConsumedFile: consumedFileAnswer,
  DeadLetter: deadMessageAnswer,
  DeadLetterQueue: deadLetterAnswer,
  DeletedFacts: deletedFacts,
  DeveloperKey: keyAnswer,
  ExportFile: exportAnswer,
  FileClaimedEvent: events['file.claimed'],
  FileDeletedEvent: events['file.deleted'],
  FileFacts: fileFacts,
  FileReadyEvent: events['file.ready'],
  FileReasons: reasonsAnswer,
  FileReleasedEvent: events['file.released'],
  Health: healthAnswer,
  KeptReport: keptReportAnswer,
  LifecycleEvent: lifecycleEvent,
  MoveTask: moveTaskAnswer,
  Minisite: minisiteAnswer,
  NewUpload: newUploadAnswer,
  OrganizationUpload: organizationUploadAnswer,
  Parent: parentAnswer,
  Parents: parentsAnswer,
  PresignedUpload: presignAnswer,
  Quota: quotaAnswer,
  QuotaFacts: quotaFacts,
  QuotaNearEvent: events['quota.near'],
  ReconcileReport: reconcileAnswer,
  StoredFile: fileAnswer,
  Upload: uploadAnswer,
  UploadSettings: uploadSettingsAnswer,
  UploadSettingsChange: uploadSettingsChange,
  UserUpload: userUploadAnswer,
  Variant: variantAnswer,
  VisitedMinisite: visitorAnswer,
};
