import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import { configProblems } from "@/api/config";

/** Exits if the environment is misconfigured, after logging every problem. */
export function checkConfig(): void {
  const problems = configProblems(process.env);
  if (problems.length === 0) return;
  for (const problem of problems) console.error(`client: ${problem}`);
  process.exit(1);
}

/**
 * Answers a path that isn't valid UTF-8, such as /tickets/%ff, with the not-found page. Otherwise Next fails
 * on it before proxy.ts runs, and answers 500.
 */
export function leadMalformedPathsAway(): void {
  subscribe("http.server.request.start", (message) => {
    const { request } = message as { request: IncomingMessage };
    if (!isDecodable(request.url ?? "/")) request.url = "/not-here";
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
