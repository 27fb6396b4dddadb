import { expect, test, vi } from "vitest";
import { configProblems, sandboxBankUrl } from "./config";

test("everything that is wrong with the environment is named at once", () => {
  expect(configProblems({ API_URL: "http://localhost:8080" })).toEqual([]);
  expect(configProblems({ AUTH_URL: "auth:3000", TICKETS_URL: "http://t", ORDERS_URL: "https://o" })).toEqual(
    ['AUTH_URL must be an http or https URL, not "auth:3000"', "PAYMENTS_URL is not set"],
  );
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
