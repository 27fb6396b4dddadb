import { expect, test } from "vitest";
import { securityPolicy } from "./security-policy";

test("a page runs no script but those with its nonce", () => {
  const policy = securityPolicy("abc", false);
  expect(policy).toContain("script-src 'nonce-abc' 'strict-dynamic';");
  expect(policy).not.toContain("unsafe");
});
