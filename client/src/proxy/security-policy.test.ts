import { expect, test } from "vitest";
import { securityPolicy } from "@/proxy/security-policy";

function directives(policy: string): Record<string, string> {
  return Object.fromEntries(policy.split("; ").map((d) => d.split(/ (.*)/).slice(0, 2)));
}

test("a page runs no script but those with its nonce", () => {
  const policy = securityPolicy("abc");
  expect(policy).toContain("script-src 'nonce-abc' 'strict-dynamic';");
  expect(policy).not.toContain("unsafe");
});

test("a page without scripts runs none", () => {
  expect(directives(securityPolicy(null))).toMatchObject({ "script-src": "'none'", "style-src": "'self'" });
});

test("without Stripe nothing comes from elsewhere", () => {
  expect(securityPolicy("abc")).not.toContain("http");
  expect(directives(securityPolicy("abc"))).toMatchObject({
    "connect-src": "'self'",
    "frame-src": "'none'",
  });
});

test("with Stripe its frames and its API are let in, and nothing else changes", () => {
  const without = directives(securityPolicy("abc"));
  expect(directives(securityPolicy("abc", { stripe: true }))).toEqual({
    ...without,
    "connect-src": "'self' https://api.stripe.com",
    "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
  });
});
