import { AppError } from '#core/files/errors.ts';
import { sizeInWords } from '#core/files/words.ts';
import { type EndpointName, endpoints } from '#functions/routes.ts';

/**
 * The largest file a form may carry, bytes: 4.4 MiB. Lambda's event ends at 6,291,456 bytes with the body in base64, so
 * about 100 kB are left for the other fields, the headers and the event around them.
 * Source: AWS Lambda developer guide, "Lambda quotas".
 */
export const maxFormFileBytes = 4_613_734;

export interface FormLimits {
  maxFileBytes: number;
  /** Where a file that no form can carry goes instead; without it the form takes whatever reached us. */
  direct?: DirectRoutes;
}

/** The direct upload of a surface as `METHOD /path`, ready to call. */
export interface DirectRoutes {
  presign: string;
  complete: string;
}

/** The two routes with the path parameters of this request filled in. */
export function directRoutes(
  presign: EndpointName,
  complete: EndpointName,
  params: Record<string, string>,
): DirectRoutes {
  const route = (name: EndpointName) => {
    const { method, path } = endpoints[name];
    return `${method} ${path.replace(/\{(\w+)\}/g, (_, param: string) => encodeURIComponent(params[param] ?? ''))}`;
  };
  return { presign: route(presign), complete: route(complete) };
}

/**
 * Holds every form to what always fits, rather than to what happened to arrive. Throws `file_too_large` with
 * `details.direct`: how to upload this file all the same.
 */
export function requireCarriable(sizeBytes: number, { maxFileBytes, direct }: FormLimits): void {
  if (direct === undefined || sizeBytes <= maxFormFileBytes) return;
  throw new AppError(
    'file_too_large',
    `A form carries at most ${sizeInWords(maxFormFileBytes)}. Upload this file directly.`,
    {
      details: { maxBytes: maxFormFileBytes, direct: { ...direct, maxBytes: maxFileBytes } },
    },
  );
}
