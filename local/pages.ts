/** What a start may show beside the API: pages for whatever no deployed route matches. Never part of the deployed stack. */
import type { IncomingMessage } from 'node:http';
import type { Closable } from './aws.ts';
import type { GatewayResponse } from './gateway/response.ts';
import type { demo } from './seed.ts';
import type { TokenIssuer } from './tokens/issuer.ts';

/** What pages shown beside the API need to know of the cloud. */
export interface PagesContext {
  host: string;
  /** Of the API, whose origin the pages share. */
  baseUrl: string;
  /** Kept for an extension's page, which is another origin than the page that embeds it. */
  extensionPort: number;
  r2Endpoint: string;
  ids: typeof demo;
  sign: TokenIssuer['sign'];
  /** The extension backend's; known once the demo data is in. */
  developerKey: () => string;
}

export interface Pages extends Closable {
  /** Answers what belongs to the pages, undefined for everything else. */
  answer(request: IncomingMessage): Promise<GatewayResponse | undefined>;
}
