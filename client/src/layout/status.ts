// Next's own way to a status, notFound(), shows visitors without JavaScript an empty page, and there is none
// for 503. So pages set it on Node's response, which start.ts keeps for them.

import type { AsyncLocalStorage } from "node:async_hooks";
import type { ServerResponse } from "node:http";
import { headers } from "next/headers";
import { isNavigation } from "@/layout/navigation";

/** start.ts and the pages are separate bundles, so they share this through globalThis. */
export type Responses = { ticketingResponses?: AsyncLocalStorage<ServerResponse> };

/**
 * Sets the status of the page that is being rendered. Next's router takes a page's data with a status of 200
 * only, so this is for documents.
 */
export async function setStatus(status: 404 | 503): Promise<void> {
  const response = (globalThis as Responses).ticketingResponses?.getStore();
  if (response && !response.headersSent && isNavigation(await headers())) response.statusCode = status;
}
