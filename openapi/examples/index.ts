import type { EndpointName } from '../../functions/routes.ts';
import { adminExamples } from './admin.ts';
import { extensionExamples } from './extensions.ts';
import { organizationExamples } from './organizations.ts';
import { platformExamples } from './platform.ts';
import type { Example } from './shared.ts';
import { uploadExamples } from './uploads.ts';

/** What a request and its answer look like. A test holds each to its schema, and every route to having one. */
export const examples: Record<EndpointName, Example> = {
  ...adminExamples,
  ...extensionExamples,
  ...organizationExamples,
  ...platformExamples,
  ...uploadExamples,
};
