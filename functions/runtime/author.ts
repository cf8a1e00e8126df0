import type { Author } from '#core/files/audit.ts';
import type { ServiceCaller } from '#core/identity/callers.ts';
import { clock } from './container.ts';

/** The administrator who calls, as the audit names them. */
export const authorOf = ({ subject }: ServiceCaller): Author => ({ subject, at: clock.now() });
