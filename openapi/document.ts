/**
 * The API's OpenAPI 3.1 document, derived from the route table and the endpoint files' contracts: nothing of the API is
 * written down here a second time but the words and examples that no function carries. `client/openapi.json` is its
 * reviewed copy, which the client's package brings along.
 */
import type { Contract, Tag } from '../functions/contracts/contract.ts';
import { type EndpointName, type EndpointRow, endpoints } from '../functions/routes.ts';
import manifest from '../package.json' with { type: 'json' };
import { createDescriber } from './describe.ts';
import { headers } from './headers.ts';
import type { Json } from './json.ts';
import { operation } from './operation.ts';
import { refusalResponses, refusalSchemas } from './refusals.ts';
import { createSchemas } from './schemas.ts';
import { securitySchemes } from './security.ts';
import { eventsTag, webhooksOf } from './webhooks.ts';

const description = `Bytes lie in object storage; the API hands out short-lived signed links to them.

Files up to about 4 MiB may be sent as a form. Larger ones go straight to the bucket: *presign*, then \`PUT\` the bytes to
\`uploadUrl\` with exactly the \`headers\` of the answer, then *complete*.

Every refusal has the same body: \`code\` for programs, \`message\` for people, \`requestId\` for questions, and \`details\` that
depend on the code. Answers may gain fields.

*Webhooks* are what a stage posts by itself, where its settings name a receiver.`;

const tags: Record<Tag, string> = {
  'extensions, session': "Files and state of a running session: its extension's backend writes, pages read.",
  'extensions, setup': 'Files that a setup screen stages before there is a session.',
  platform: "What the platform's backend tells: claims, lifecycle events, members, documents, exports.",
  admin: 'Settings, developer keys and reconcile.',
  uploads: 'Files of any type that belong to a user.',
  organizations: 'Photos, comments, messages, pages and media of organizations.',
};

export interface Described {
  document: Json;
  /** Fields that nothing is said of, as `StoredFile: width`. */
  undescribed: string[];
  /** Texts of fields that are gone, likewise. */
  outdated: string[];
}

/** Builds the document, and says which of its words are missing or too many. Rejects when an endpoint file has no contract. */
export async function describeApi({ serverUrl }: { serverUrl: string }): Promise<Described> {
  const making = { schemas: createSchemas(), describer: createDescriber() };
  const { schemas, describer } = making;
  const met = new Set<Tag>();
  const paths: Record<string, Json> = {};
  for (const [name, row] of Object.entries(endpoints) as [EndpointName, EndpointRow][]) {
    const { contract } = (await import(new URL(`../functions/${name}.ts`, import.meta.url).href)) as {
      contract?: Contract;
    };
    if (!contract) throw new Error(`functions/${name}.ts exports no contract`);
    met.add(contract.tag);
    paths[row.path] = { ...paths[row.path], [row.method.toLowerCase()]: operation(name, row, contract, making) };
  }
  const webhooks = webhooksOf(schemas);
  const shapes = Object.entries(schemas.components).map(([name, schema]): [string, Json] => {
    describer.fields(name, schema);
    return [name, { ...describer.about(name), ...schema }];
  });
  const document = {
    openapi: '3.1.1',
    info: {
      title: 'Stowage',
      version: manifest.version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl, description: 'The Stowage this document is of' }],
    tags: [...[...met].map((name) => ({ name, description: tags[name] })), eventsTag],
    paths,
    webhooks,
    components: {
      securitySchemes,
      headers,
      responses: refusalResponses(),
      schemas: { ...sorted(Object.fromEntries(shapes)), ...sorted(refusalSchemas()) },
    },
  };
  return { document, undescribed: describer.missing, outdated: describer.unused() };
}

/** The document alone, for whoever serves it. Rejects when an endpoint file has no contract. */
export async function openApiDocument(options: { serverUrl: string }): Promise<Json> {
  return (await describeApi(options)).document;
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => a.localeCompare(b)));
}
