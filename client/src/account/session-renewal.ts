// Pages can't set cookies, so the proxy renews sessions for them.

import { sessionCookies } from "@/account/session-cookies";
import { serviceUrl } from "@/api/config";
import { forwardedHeaders } from "@/api/forwarded";

/** In milliseconds. auth renews a session whose cookie is older (common/session). */
const RENEW_AFTER = 5 * 60_000;
const DEADLINE = 2_000;

/** The cookies that renew the session of a request in use, as auth sets them. Without auth, it isn't renewed. */
export async function renewal(headers: Headers): Promise<string[]> {
  if (!isDue(sessionCookies(headers.get("cookie")), Date.now())) return [];
  try {
    const answer = await fetch(`${serviceUrl("auth")}/api/users/currentuser`, {
      headers: forwardedHeaders(headers),
      cache: "no-store",
      signal: AbortSignal.timeout(DEADLINE),
    });
    return answer.headers.getSetCookie();
  } catch {
    return [];
  }
}

/** Whether one of the sessions in a Cookie header was made long enough ago. */
export function isDue(cookie: string, now: number): boolean {
  return cookie
    .split("; ")
    .filter((pair) => !pair.slice(0, pair.indexOf("=")).endsWith("-device"))
    .map((pair) => madeAt(pair.slice(pair.indexOf("=") + 1)))
    .some((made) => made !== undefined && now - made >= RENEW_AFTER);
}

/** When a session's cookie was made: its value begins with the time in seconds, readable to everyone. */
function madeAt(value: string): number | undefined {
  const seconds = /^(\d{10})\|/.exec(Buffer.from(value.slice(0, 16), "base64url").toString("latin1"))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
