import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { configProblems, sandboxBankUrl, stripeKey } from "@/api/config";

test("everything that is wrong with the environment is named at once", () => {
  expect(configProblems({ API_URL: "http://localhost:8080" })).toEqual([]);
  expect(configProblems({ AUTH_URL: "auth:3000", TICKETS_URL: "http://t", ORDERS_URL: "https://o" })).toEqual(
    ['AUTH_URL must be an http or https URL, not "auth:3000"', "PAYMENTS_URL is not set"],
  );
});

test("only a publishable key may go to the browser, and a secret one is not even logged", () => {
  const problems = (key: string) => configProblems({ API_URL: "http://a", STRIPE_PUBLISHABLE_KEY: key });
  expect(problems("")).toEqual([]);
  expect(problems("pk_test_123")).toEqual([]);
  expect(problems("pk_live_51AbC")).toEqual([]);
  for (const key of ["sk_test_123", "pk_123", "pk_test_", "pk_test_1; script-src *", "whatever"]) {
    expect(problems(key)).toEqual([
      "STRIPE_PUBLISHABLE_KEY must be a publishable key, which begins with pk_test_ or pk_live_",
    ]);
  }
});

test("the key is that of the environment as it now is", () => {
  vi.stubEnv("STRIPE_PUBLISHABLE_KEY", "");
  expect(stripeKey()).toBeUndefined();
  vi.stubEnv("STRIPE_PUBLISHABLE_KEY", "pk_test_123");
  expect(stripeKey()).toBe("pk_test_123");
  vi.unstubAllEnvs();
});

test("a key that arrives as a file after the start is found, and only if it may be public", () => {
  const dir = mkdtempSync(join(tmpdir(), "key-"));
  const file = join(dir, "key");
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  vi.stubEnv("STRIPE_PUBLISHABLE_KEY", "");
  vi.stubEnv("STRIPE_PUBLISHABLE_KEY_FILE", file);

  expect(stripeKey()).toBeUndefined();
  writeFileSync(file, "pk_test_123\n");
  expect(stripeKey()).toBe("pk_test_123");
  writeFileSync(file, "pk_live_456");
  expect(stripeKey()).toBe("pk_live_456");
  expect(error).not.toHaveBeenCalled();

  writeFileSync(file, "sk_test_123");
  expect(stripeKey()).toBeUndefined();
  expect(error.mock.calls.join()).not.toContain("sk_test_123");
  expect(error).toHaveBeenCalledOnce();

  vi.stubEnv("STRIPE_PUBLISHABLE_KEY", "pk_test_789");
  expect(stripeKey()).toBe("pk_test_789");
  rmSync(dir, { recursive: true });
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("the bank's page is the sandbox's, where there is one", () => {
  vi.stubEnv("STRIPE_SANDBOX_URL", "");
  expect(sandboxBankUrl("pi_1", "s")).toBeFalsy();
  vi.stubEnv("STRIPE_SANDBOX_URL", "http://127.0.0.1:4000/");
  expect(sandboxBankUrl("pi_1", "s&t")).toBe(
    "http://127.0.0.1:4000/sandbox/authenticate/pi_1?client_secret=s%26t",
  );
  vi.unstubAllEnvs();
});
