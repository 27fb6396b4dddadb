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
import { type System, startSystem } from "./system.ts";

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
  /** A page in a new browser, of nobody in particular. */
  visitor(options?: BrowserContextOptions): Promise<Page>;
  /** A page in a new browser, of somebody who is signed in. Nothing is loaded yet. */
  user(options?: BrowserContextOptions): Promise<Page>;
  /** Somebody who is signed in and needs no browser. */
  caller(email?: string): Promise<api.Caller>;
  /** What consoles may complain of in this test. Any other error that they show fails it. */
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
  visitor: async ({ browser, system, tolerated }, use) => {
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

/** Notes errors, which are also how a browser tells that a content security policy was violated. */
function listen(context: BrowserContext, complaints: string[]): void {
  context.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
}

export { expect, type Page } from "@playwright/test";
