import * as z from 'zod/mini';
import { requireStorage } from '#core/extensions/gate.ts';
import { storeImage } from '#core/extensions/store-image.ts';
import type { Contract } from '#http/contract.ts';
import { directRoutes } from '#http/direct-hint.ts';
import { sessionForm } from '#http/fields.ts';
import { cleanFileName } from '#http/file-name.ts';
import { readForm } from '#http/form.ts';
import { idempotencyOf } from '#http/idempotency.ts';
import { fileAnswer, fileView } from '#http/views.ts';
import { gate, signer, storeDeps } from '#runtime/container.ts';
import { serve } from '#runtime/serve.ts';

export const contract = {
  form: sessionForm,
  success: 201,
  answer: z.object({ file: fileAnswer }),
} satisfies Contract;

/** Stores an image in the session; counted against the session and the app (docs/contract.md, "Session files"). */
export const handler = serve('extensions/session-files-upload', contract, async ({ caller, body, headers }) => {
  const appSettings = await requireStorage(gate(), caller.appId);
  const direct = directRoutes('extensions/session-files-presign', 'extensions/session-files-complete', {
    sessionId: caller.sessionId,
  });
  const { file, fields } = await readForm(body, contract.form, { ...appSettings, direct });
  const stored = await storeImage(
    storeDeps(),
    {
      target: { kind: 'session', ...caller },
      bytes: file.bytes,
      originalName: cleanFileName(file.filename),
      purpose: fields.purpose,
      idempotency: idempotencyOf(headers, ['session', caller.appId, caller.sessionId, caller.lockId], {
        bytes: file.bytes,
        fields,
      }),
    },
    appSettings,
  );
  return { file: await fileView(stored, signer()) };
});
