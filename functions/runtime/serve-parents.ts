import type * as z from 'zod/mini';
import { defaultLimit, type ownerQuery, type parentsQuery, type rowParams } from '#contracts/organization-fields.ts';
import { parentView } from '#contracts/organization-views.ts';
import { deleteParent } from '#core/organizations/parent-deletes.ts';
import { listParents } from '#core/organizations/parent-lists.ts';
import { createParent } from '#core/organizations/parents.ts';
import { boundedPage } from '#http/bounded-page.ts';
import { clock, objects, organizationDeps, organizationReader, organizations, signer } from './container.ts';
import { claimOf } from './idempotency.ts';
import { userOf } from './on-behalf.ts';
import { type PlainContract, serve } from './serve.ts';

/** The rows that uploads are written into (docs/contract.md, "Parent rows"), by the room of their endpoints. */
const kinds = {
  'progress-photos': 'progress_photo',
  'exercise-comments': 'exercise_comment',
  messages: 'message',
} as const;

type Room = keyof typeof kinds;

/** What a parent's own fields may be; the contract says which of them it has. */
interface ParentJson {
  uploadIds?: string[] | undefined;
  organizationId?: string | undefined;
  text?: string;
  note?: string | undefined;
  takenAt?: string | undefined;
}

/** Consumes uploads into a row of its own. The uploads say which organization it is of; without any the caller does. */
export function serveParentCreate(room: Room, contract: PlainContract & { json: z.ZodMiniType<ParentJson> }) {
  return serve(`organizations/${room}-create`, contract, async (request) => {
    const { caller, json } = request;
    const deps = { organizations: organizations(), objects: objects(), clock };
    const { uploadIds = [], organizationId, ...fields } = json;
    const parent = await createParent(deps, {
      kind: kinds[room],
      userId: caller.userId,
      uploadIds,
      orgId: organizationId,
      fields,
      idempotency: claimOf(`organizations/${room}-create`, request),
    });
    return await parentView(parent, signer());
  });
}

/**
 * A user's rows, newest first, of one organization when asked: their own, or those of the user the platform names. Who else may
 * see them, a coach or the recipient of a message, the platform alone knows, and it asks for them.
 */
export function serveParentList(room: Room, contract: PlainContract & { query: typeof parentsQuery }) {
  return serve(`organizations/${room}-list`, contract, async ({ caller, query }) => {
    const userId = userOf(caller, query.userId, 'query');
    const of = { kind: kinds[room], userId, orgId: query.organizationId, asMember: 'userId' in caller };
    const { limit = defaultLimit, cursor } = query;
    return await boundedPage(
      { limit, cursor },
      {
        read: (page) => listParents(organizationReader(), of, page),
        view: (parent) => parentView(parent, signer()),
        cursorOf: ({ id }) => id,
      },
    );
  });
}

/** Deletes a row with its files: the caller's own, or one of the user the platform names, be they a member still or not. */
export function serveParentDelete(
  room: Room,
  contract: PlainContract & { params: typeof rowParams; query: typeof ownerQuery },
) {
  return serve(`organizations/${room}-delete`, contract, async ({ caller, params, query }) => {
    const userId = userOf(caller, query.userId, 'query');
    const which = { kind: kinds[room], userId, id: params.id, asMember: 'userId' in caller };
    await deleteParent(organizationDeps(), which);
  });
}
