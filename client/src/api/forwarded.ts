import { sessionCookies } from "@/account/session-cookies";

type Incoming = Pick<Headers, "get">;

// The services trust the first four if the client is one of their TRUSTED_PROXIES. auth names the visitor's browser
// in the list of sessions.
const PASSED_ON = ["x-request-id", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "user-agent"];

/**
 * The headers of a visitor's request that services need, with the sessions in a Cookie header. The services need no
 * other cookies, and of several sessions they find the good one.
 */
export function forwardedHeaders(incoming: Incoming, cookie = incoming.get("cookie")): Headers {
  const out = new Headers({ Accept: "application/json" });
  for (const name of PASSED_ON) {
    const value = incoming.get(name);
    if (value) out.set(name, value);
  }
  const sessions = sessionCookies(cookie);
  if (sessions) out.set("cookie", sessions);
  return out;
}

/** Whether the browser used https, according to the headers. Any client can set them. */
export function askedByHttps(incoming: Incoming): boolean {
  return incoming.get("x-forwarded-proto")?.split(",")[0]?.trim() === "https";
}

/** The host and port that the visitor's browser sent the request to. */
export function askedHost(incoming: Incoming): string | null {
  return incoming.get("x-forwarded-host")?.split(",")[0]?.trim() || incoming.get("host");
}
