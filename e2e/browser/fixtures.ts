// What every test begins with: a system, people in browsers of their own, and an ear for what their
// consoles complain of.

import {
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  expect,
  type Page,
} from "@playwright/test";
import * as api from "./api.ts";
import { type Lossy, startLossy } from "./lossy.ts";
import { type Running, type System, startClient, startSystem } from "./system.ts";

const SHARED = "SYSTEM_UNDER_TEST";

/** Tells the tests, which run in processes of their own, which system they share. */
export function shareSystem(system: System): void {
  process.env[SHARED] = JSON.stringify(system);
}

type WorkerFixtures = {
  /** How long orders live, such as "10s", in a system of these tests' own. Without it they share one. */
  ordersLive: string | undefined;
  system: System;
};

type Fixtures = {
  /** A page in a new browser without a session. */
  visitor(options?: BrowserContextOptions): Promise<Page>;
  /** A page in a new browser, signed in. Nothing is loaded yet. */
  user(options?: BrowserContextOptions): Promise<Page>;
  /** A signed-in user of the API, without a browser. */
  caller(email?: string): Promise<api.Caller>;
  /** Starts another client of the system, with variables of its own. It outlives the test's pages. */
  newClient(env: Record<string, string>): Promise<{ url: string }>;
  /** Starts a proxy of the system that loses responses. It outlives the test's pages, too. */
  newLossy(): Promise<Lossy>;
  /** The console errors that this test expects. Any other one fails it. */
  tolerated: RegExp[];
};

export const test = base.extend<Fixtures, WorkerFixtures>({
  ordersLive: [undefined, { scope: "worker", option: true }],
  system: [
    async ({ ordersLive }, use) => {
      if (!ordersLive) return use(JSON.parse(process.env[SHARED] ?? "null"));
      const system = await startSystem(ordersLive);
      await use(system);
      await system.stop();
    },
    { scope: "worker", timeout: 90_000 },
  ],
  baseURL: async ({ system }, use) => use(system.url),
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads from it that no other fixture is wanted
  tolerated: async ({}, use) => use([]),
  newLossy: async ({ system }, use) => {
    await usePrograms(use, () => startLossy(system.url));
  },
  // biome-ignore lint/correctness/noUnusedFunctionParameters: a client stops before the proxy that it uses
  newClient: async ({ system, newLossy }, use) => {
    await usePrograms(use, (env: Record<string, string>) => startClient(system, env));
  },
  // biome-ignore lint/correctness/noUnusedFunctionParameters: pages close before the client that they show
  visitor: async ({ browser, system, tolerated, newClient }, use) => {
    const contexts: BrowserContext[] = [];
    const complaints: string[] = [];
    await use(async (options) => {
      const context = await browser.newContext({ baseURL: system.url, ...options });
      contexts.push(context);
      listen(context, complaints);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
    expect(complaints.filter((complaint) => !tolerated.some((pattern) => pattern.test(complaint)))).toEqual(
      [],
    );
  },
  user: async ({ visitor }, use) => {
    await use(async (options) => {
      const page = await visitor(options);
      await api.signUp(page);
      return page;
    });
  },
  caller: async ({ playwright, system }, use) => {
    const callers: api.Caller[] = [];
    await use(async (email) => {
      const caller = { request: await playwright.request.newContext({ baseURL: system.url }) };
      callers.push(caller);
      await api.signUp(caller, email);
      return caller;
    });
    for (const { request } of callers) await request.dispose();
  },
});

/** Lets a test start programs, and stops them after it. */
async function usePrograms<A extends unknown[], T>(
  use: (start: (...args: A) => Promise<T>) => Promise<void>,
  start: (...args: A) => Promise<Running<T>>,
): Promise<void> {
  const running: Running<T>[] = [];
  await use(async (...args) => {
    const program = await start(...args);
    running.push(program);
    return program;
  });
  for (const program of running) await program.stop();
}

/** Notes errors, which are also how a browser tells that a content security policy was violated. */
function listen(context: BrowserContext, complaints: string[]): void {
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
}

export { expect, type Page } from "@playwright/test";
