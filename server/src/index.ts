export {
  type Admin,
  type AdminOptions,
  type AppFileDetail,
  type AppFileFilter,
  type AppStorage,
  createAdmin,
  type Health,
  type NewDeveloperKey,
  type ReconcileRequest,
  type UploadSettings,
} from './admin.ts';
export type { components, operations, paths, webhooks } from './api-types.ts';
export type { CallOptions, ClientOptions, Token } from './caller.ts';
export { type AnyStowageError, type ErrorCode, type ErrorDetails, isStowageError, StowageError } from './errors.ts';
export type { Fetch } from './exchange.ts';
export {
  type Capabilities,
  createExtensionBackend,
  type ExtensionBackend,
  type ExtensionBackendOptions,
  type ExtensionSession,
  type FileDeclaration,
  type SessionState,
} from './extension-backend.ts';
export type { FileBytes, NamedFile } from './files.ts';
export { createPlatform, type Platform, type PlatformOptions } from './platform.ts';
export type { Claim, ClaimRequest, EventOptions, LifecycleEvent } from './platform-extensions.ts';
export type {
  DocumentFacts,
  ExportLink,
  Member,
  MemberUpload,
  OpenedDocument,
  RowsOf,
  SignatureToken,
} from './platform-organizations.ts';
export { type FileReference, fileReference } from './references.ts';
export { verifyWebhook, type WebhookRequest } from './webhook.ts';
export type { DeletedFacts, EventType, FileFacts, QuotaFacts, StowageEvent } from './webhook-events.ts';
