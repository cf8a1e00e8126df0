import type { EndpointName } from '../../functions/routes.ts';
import type { Texts } from '../describe.ts';
import { adminComponents, adminOperations } from './admin.ts';
import { adminFileComponents, adminFileOperations } from './admin-files.ts';
import { adminRecordComponents, adminRecordOperations } from './admin-records.ts';
import { eventComponents } from './events.ts';
import { extensionComponents, extensionOperations } from './extensions.ts';
import { organizationComponents, organizationOperations } from './organizations.ts';
import { platformComponents, platformOperations } from './platform.ts';
import { uploadComponents, uploadOperations } from './uploads.ts';

const operations: Partial<Record<EndpointName, Texts>> = {
  ...adminOperations,
  ...adminFileOperations,
  ...adminRecordOperations,
  ...extensionOperations,
  ...organizationOperations,
  ...platformOperations,
  ...uploadOperations,
};

/**
 * What every field is for, by the component or the endpoint it belongs to. A test names what is missing here and what is
 * gone: `StoredFile: width` is the entry `width` of `StoredFile`.
 */
export const descriptions: Record<string, Texts> = {
  ...adminComponents,
  ...adminFileComponents,
  ...adminRecordComponents,
  ...eventComponents,
  ...extensionComponents,
  ...organizationComponents,
  ...platformComponents,
  ...uploadComponents,
  ...operations,
};

export { shared } from './shared.ts';
