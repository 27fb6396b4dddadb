import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { configProblems } from "@/api/config";
import type { Responses } from "@/layout/status";

/** Exits if the environment is misconfigured, after logging every problem. */
export function checkConfig(): void {
  const problems = configProblems(process.env);
  if (problems.length === 0) return;
  for (const problem of problems) console.error(`client: ${problem}`);
  process.exit(1);
}

/**
 * Answers a path that isn't valid UTF-8, such as /tickets/%ff, and the method TRACE with the not-found page.
 * Otherwise Next fails on them before proxy.ts runs, and answers 500.
 */
export function leadMalformedPathsAway(): void {
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { request: IncomingMessage };
    const isTrace = request.method === "TRACE";
    if (isTrace) request.method = "GET";
    if (isTrace || !isDecodable(request.url ?? "/")) request.url = "/not-here";
  });
}

/** Keeps the response of each request for the page that sets its status (layout/status.ts). */
export function keepResponses(): void {
  const responses = new AsyncLocalStorage<ServerResponse>();
  (globalThis as Responses).ticketingResponses = responses;
  subscribe("http.server.request.start", (message) => {
    responses.enterWith((message as { response: ServerResponse }).response);
  });
}

export function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url.split("?", 1)[0] ?? "");
    return true;
  } catch {
    return false;
  }
}

// In milliseconds. A request's body may take as long as a service would wait for it.
const HEADERS_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 40_000;

/**
 * Limits what a connection can hold up. Next doesn't let instrumentation see its server, but Node announces
 * every connection with it.
 */
export function guardConnections(): void {
  subscribe("net.server.socket", (message) => {
    const { socket } = message as { socket: Socket & { server?: Server } };
    const server = socket.server;
    if (!server?.listenerCount("request")) return;
    // Next's listener keeps sockets of unknown paths open forever. Without a listener, Node ignores the
    // Upgrade header and handles the request like any other.
    server.removeAllListeners("upgrade");
    server.headersTimeout = HEADERS_TIMEOUT;
    server.requestTimeout = REQUEST_TIMEOUT;
  });
}
