// Configuration, read at run time so that one image serves every environment.
import { readFileSync } from "node:fs";

export type ServiceName = "auth" | "tickets" | "orders" | "payments";

const variables: Record<ServiceName, string> = {
  auth: "AUTH_URL",
  tickets: "TICKETS_URL",
  orders: "ORDERS_URL",
  payments: "PAYMENTS_URL",
};

/** Where a service is. Its own variable wins over API_URL, which stands for all of them. */
export function serviceUrl(service: ServiceName): string {
  const url = process.env[variables[service]] || process.env.API_URL;
  if (!url) throw new Error(`${variables[service]} is not set, nor is API_URL`);
  return url.replace(/\/+$/, "");
}

/** The page of the sandbox's bank where a payer confirms a payment, if there is a sandbox. */
export function sandboxBankUrl(stripeId: string, clientSecret: string): string | undefined {
  const sandbox = process.env.STRIPE_SANDBOX_URL?.replace(/\/+$/, "");
  return (
    sandbox &&
    `${sandbox}/sandbox/authenticate/${encodeURIComponent(stripeId)}?client_secret=${encodeURIComponent(clientSecret)}`
  );
}

// Never a secret key, since this one is sent to every browser.
const PUBLISHABLE = /^pk_(test|live)_\w+$/;

/**
 * Stripe's publishable key, from the variable or from the file, which is read each time because a mounted
 * secret may appear after the server starts. Without a key, only the sandbox's test cards can pay.
 */
export function stripeKey(): string | undefined {
  return process.env.STRIPE_PUBLISHABLE_KEY || keyIn(process.env.STRIPE_PUBLISHABLE_KEY_FILE);
}

function keyIn(file: string | undefined): string | undefined {
  if (!file) return undefined;
  let key: string;
  try {
    key = readFileSync(file, "utf8").trim();
  } catch {
    return undefined; // not there yet
  }
  if (PUBLISHABLE.test(key)) return key;
  console.error(`client: ${file} must hold a publishable key, which begins with pk_test_ or pk_live_`);
  return undefined;
}

/** What is missing or malformed in the environment, everything at once, in words for the operator. */
export function configProblems(env: Record<string, string | undefined>): string[] {
  const problems: string[] = [];
  for (const name of [...Object.values(variables), "API_URL", "STRIPE_SANDBOX_URL"]) {
    const value = env[name];
    if (value && !(URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))) {
      problems.push(`${name} must be an http or https URL, not ${JSON.stringify(value)}`);
    }
  }
  // It may be the secret key, so don't log it.
  if (env.STRIPE_PUBLISHABLE_KEY && !PUBLISHABLE.test(env.STRIPE_PUBLISHABLE_KEY)) {
    problems.push("STRIPE_PUBLISHABLE_KEY must be a publishable key, which begins with pk_test_ or pk_live_");
  }
  if (!env.API_URL) {
    for (const name of Object.values(variables)) if (!env[name]) problems.push(`${name} is not set`);
  }
  return problems;
}
