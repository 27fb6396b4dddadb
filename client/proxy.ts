import { type NextRequest, NextResponse } from "next/server";
import { securityPolicy } from "@/lib/security-policy";

// What the services take as a request's id.
const REQUEST_ID = /^[A-Za-z0-9_.-]{1,64}$/;

/** Gives every request an id and every page its own content security policy. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID());
  const policy = securityPolicy(nonce, process.env.NODE_ENV === "development");
  const given = request.headers.get("x-request-id") ?? "";
  const requestId = REQUEST_ID.test(given) ? given : crypto.randomUUID();

  const headers = new Headers(request.headers);
  headers.set("x-request-id", requestId);
  // Next takes the nonce for its own scripts from here.
  headers.set("content-security-policy", policy);

  const response = NextResponse.next({ request: { headers } });
  response.headers.set("x-request-id", requestId);
  response.headers.set("content-security-policy", policy);
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("referrer-policy", "strict-origin-when-cross-origin");
  response.headers.set("cross-origin-opener-policy", "same-origin");
  response.headers.set("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(self)");
  return response;
}

export const config = { matcher: "/((?!_next/static/).*)" };
