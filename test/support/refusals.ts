import { AppError } from '#core/files/errors.ts';

/** The refusal a use case answers; a test that gets anything else fails with it as the cause. */
export async function refusalOf(promise: Promise<unknown>): Promise<AppError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw new Error('expected a refusal', { cause: error });
}
