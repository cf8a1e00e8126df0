/** What the OpenAPI document says of an operation, as types: what it takes and what it answers. */
import type { components, paths } from './api-types.ts';

export type Schemas = components['schemas'];
export type Method = 'get' | 'put' | 'post' | 'delete';

/** The paths that have this method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never;
}[keyof paths];

export type Operation<M extends Method, P extends PathOf<M>> = paths[P][M];

type Part<K extends string, V> = [V] extends [undefined] ? { [N in K]?: undefined } : { [N in K]: V };
type Parameters<O, K extends string> = O extends { parameters: { [N in K]?: infer V } } ? V : never;
type Bodies<O> = O extends { requestBody?: infer R } ? (R extends { content: infer C } ? C : never) : never;
type Body<O> = [Bodies<O>] extends [never]
  ? unknown
  : Bodies<O> extends { 'application/json': infer J }
    ? { json: J }
    : Bodies<O> extends { 'multipart/form-data': unknown }
      ? { form: FormData }
      : { csv: Blob };

/** What a call of the operation has to say. */
export type RequestOf<O> = Part<'path', Parameters<O, 'path'>> & { query?: Parameters<O, 'query'> } & Body<O>;

type Success<O> = O extends { responses: infer R } ? R[keyof R & (200 | 201 | 202)] : never;

/** What the operation answers where it succeeds; nothing where the document says so. */
export type AnswerOf<O> = [Success<O>] extends [never]
  ? undefined
  : Success<O> extends { content: { 'application/json': infer A } }
    ? A
    : never;

/** The JSON that an operation takes. */
export type JsonOf<O> = Bodies<O> extends { 'application/json': infer J } ? J : never;
