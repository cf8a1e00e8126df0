/** Errors in the form DynamoDB's JSON 1.0 protocol sends them: `__type` with a namespace, `message` or `Message`. */
import type { Item } from './dynalite.ts';

export interface WireError extends Error {
  statusCode: number;
  body: Record<string, unknown>;
}

const namespaces: Record<string, string> = {
  ValidationException: 'com.amazon.coral.validate',
  AccessDeniedException: 'com.amazon.coral.service',
  SerializationException: 'com.amazon.coral.service',
  UnknownOperationException: 'com.amazon.coral.service',
};

/** Builds an exception by its short name; `more` are further members of the body (`Item`, `CancellationReasons`). */
export function wireError(
  type: string,
  message: string,
  options: { status?: number; more?: Record<string, unknown> } = {},
): WireError {
  const namespace = namespaces[type] ?? 'com.amazonaws.dynamodb.v20120810';
  return Object.assign(new Error(message), {
    statusCode: options.status ?? 400,
    body: { __type: `${namespace}#${type}`, message, ...options.more },
  });
}

/** A refusal of the request's form, ours or in dynalite's words. */
export function validationError(message: string): WireError {
  return wireError('ValidationException', message);
}

/** Narrows what dynalite throws: everything it means to answer has a status and a body, all else is a defect. */
export function isWireError(error: unknown): error is WireError {
  return error instanceof Error && 'statusCode' in error && 'body' in error;
}

/** The exception's short name, as an SDK shows it. */
export function typeOf(error: WireError): string {
  return String(error.body.__type).split('#').at(-1) ?? '';
}

export interface CancellationReason {
  Code: string;
  Message?: string;
  Item?: Item;
}

/**
 * The answer of a transaction that did not happen: one reason for each part, in the parts' order
 * (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html, "Errors").
 */
export function transactionCanceled(reasons: CancellationReason[]): WireError {
  const codes = reasons.map((reason) => reason.Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  const error = wireError('TransactionCanceledException', message, { more: { CancellationReasons: reasons } });
  // The service spells it with a capital here; SDKs of other languages read only that one.
  error.body.Message = message;
  delete error.body.message;
  return error;
}
