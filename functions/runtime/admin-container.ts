/** The parts that only administrators' endpoints have: as `container.ts`, and picked there or here and nowhere else. */
import { createAppFileStore } from '#adapters/dynamo/app-files.ts';
import { createAppRegistry } from '#adapters/dynamo/app-registry.ts';
import { createAuditLog } from '#adapters/dynamo/audit.ts';
import { createCircumstanceStore } from '#adapters/dynamo/circumstances.ts';
import { createDeveloperKeyChanges } from '#adapters/dynamo/developer-key-changes.ts';
import { createReportStore } from '#adapters/dynamo/reconcile-reports.ts';
import { createSettingsChanges, createUploadSettingsChanges } from '#adapters/dynamo/settings-changes.ts';
import { createUsageHistory } from '#adapters/dynamo/usage-history.ts';
import { once, table } from './container.ts';

export const settingsChanges = /* @__PURE__ */ once(() => createSettingsChanges(table()));
export const uploadSettingsChanges = /* @__PURE__ */ once(() => createUploadSettingsChanges(table()));
export const developerKeyChanges = /* @__PURE__ */ once(() => createDeveloperKeyChanges(table()));
export const apps = /* @__PURE__ */ once(() => createAppRegistry(table()));
export const appFiles = /* @__PURE__ */ once(() => createAppFileStore(table()));
export const circumstances = /* @__PURE__ */ once(() => createCircumstanceStore(table()));
export const usageHistory = /* @__PURE__ */ once(() => createUsageHistory(table()));
export const auditLog = /* @__PURE__ */ once(() => createAuditLog(table()));
export const reports = /* @__PURE__ */ once(() => createReportStore(table()));
