import { type NextRequest, NextResponse } from "next/server";
import { renewal } from "@/account/session-renewal";
import { stripeKey } from "@/api/config";
import { askedByHttps } from "@/api/forwarded";
import { isFromSelf } from "@/proxy/ask-self";
import { answerForm, isPlainForm, refusalOf, refuse } from "@/proxy/refusals";
import { isScriptless, scriptless } from "@/proxy/scriptless";
import { securityPolicy } from "@/proxy/security-policy";

// What the services take as a request's id.
const REQUEST_ID = /^[A-Za-z0-9_.-]{1,64}$/;

const DEVELOPMENT = process.env.NODE_ENV === "development";

/** Gives every request an id and every page its own content security policy. */
export async function proxy(request: NextRequest): Promise<Response> {
  const given = request.headers.get("x-request-id") ?? "";
  const requestId = REQUEST_ID.test(given) ? given : crypto.randomUUID();

  const headers = new Headers(request.headers);
  headers.set("x-request-id", requestId);
  // Tells pages whether they're responding to a form (account/session.ts).
  headers.set("x-request-method", request.method);

  const secured = (response: Response, policy: string) =>
    withHeaders(response, { requestId, policy, https: askedByHttps(request.headers) });

  const refusal = refusalOf(request);
  if (refusal) return secured(await refuse(refusal, headers), securityPolicy(null));

  // The browser says that the form is ours and hides its origin, which Next would refuse.
  if (headers.get("origin") === "null") headers.delete("origin");

  const path = request.nextUrl.pathname + request.nextUrl.search;
  if (isPlainForm(request)) {
    const answer = await answerForm(request.nextUrl, headers, request.body);
    if (answer) return answer;
  }
  // What reloads a page in development is a script.
  if (!DEVELOPMENT && isScriptless(request)) {
    const page = await scriptless(path, headers);
    if (page) return secured(await renewed(page, headers), securityPolicy(null));
  }
  const stripe = stripeKey() !== undefined;
  const policy = securityPolicy(btoa(crypto.randomUUID()), { development: DEVELOPMENT, stripe });
  // Next takes the nonce for its own scripts from here.
  headers.set("content-security-policy", policy);
  return secured(await renewed(NextResponse.next({ request: { headers } }), headers), policy);
}

/** Keeps the visitor signed in who reads pages. Writes go on to auth or the other services by themselves. */
async function renewed(response: Response, headers: Headers): Promise<Response> {
  if (headers.get("x-request-method") !== "GET" || isFromSelf(headers)) return response;
  for (const cookie of await renewal(headers)) response.headers.append("set-cookie", cookie);
  return response;
}

type About = { requestId: string; policy: string; https: boolean };

function withHeaders(response: Response, { requestId, policy, https }: About): Response {
  // Browsers ignore this header over http, so a forged X-Forwarded-Proto does no harm.
  if (https) response.headers.set("strict-transport-security", "max-age=31536000; includeSubDomains");
  response.headers.set("x-request-id", requestId);
  response.headers.set("content-security-policy", policy);
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("referrer-policy", "strict-origin-when-cross-origin");
  response.headers.set("cross-origin-opener-policy", "same-origin");
  response.headers.set("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(self)");
  return response;
}

export const config = { matcher: "/((?!_next/static/).*)" };
