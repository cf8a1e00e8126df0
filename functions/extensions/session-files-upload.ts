import * as z from 'zod/mini';
import type { Contract } from '#contracts/contract.ts';
import { sessionForm } from '#contracts/fields.ts';
import { sessionParams } from '#contracts/parameters.ts';
import { sessionFileRefusals } from '#contracts/refusals.ts';
import { fileAnswer, fileView } from '#contracts/views.ts';
import { requireStorage } from '#core/extensions/gate.ts';
import { directRoutes } from '#http/direct-hint.ts';
import { gate, loadImages, signer } from '#runtime/container.ts';
import { storeFormImage } from '#runtime/extension-images.ts';
import { serveForm } from '#runtime/serve-form.ts';

export const contract = {
  tag: 'extensions, session',
  description: 'Stores an image in the session; counted against the session and the app.',
  params: sessionParams,
  form: sessionForm,
  success: 201,
  answer: z.object({ file: fileAnswer }),
  idempotent: true,
  refuses: sessionFileRefusals,
} satisfies Contract;

loadImages();

/** docs/contract.md, "Session files". */
export const handler = serveForm(
  'extensions/session-files-upload',
  contract,
  async ({ caller, params }) => {
    const direct = directRoutes('extensions/session-files-presign', 'extensions/session-files-complete', params);
    return { ...(await requireStorage(gate(), caller.appId)), direct };
  },
  async ({ caller, limits, ...form }) => {
    const stored = await storeFormImage({ kind: 'session', ...caller }, form, limits);
    return { file: await fileView(stored, signer()) };
  },
);
