// What people do on the pages.

import { expect, type Locator, type Page } from "@playwright/test";
import * as api from "./api.ts";
import { moneyOf } from "./sandbox.ts";
import type { System } from "./system.ts";

export async function signUp(page: Page, email: string): Promise<void> {
  await page.goto("/signup");
  await fillCredentials(page, email);
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
}

export async function fillCredentials(page: Page, email: string, password = api.PASSWORD): Promise<void> {
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
}

/** The session cookies in a page's browser. The cookie that remembers the device isn't one. */
export async function sessions(page: Page) {
  const cookies = await page.context().cookies();
  return cookies.filter((cookie) => cookie.httpOnly && !cookie.name.endsWith("-device"));
}

/** Sells a ticket, and returns its id. */
export async function sell(page: Page, title: string, price: string): Promise<string> {
  await page.goto("/sell");
  await page.getByLabel("What’s the ticket for?").fill(title);
  await fillEvent(page);
  await page.getByLabel("Price").fill(price);
  await page.getByRole("button", { name: "List ticket" }).click();
  await expect(page.getByRole("heading", { name: "Your ticket is for sale" })).toBeVisible();
  return idIn(page, "tickets");
}

/** Fills in when and where the event of a ticket is. */
export async function fillEvent(page: Page, startsAt = "2037-05-01T20:00"): Promise<void> {
  await page.getByLabel("Starts at").fill(startsAt);
  await page.getByLabel("Time zone of the place").selectOption("America/Chicago");
  await page.getByLabel("Venue").fill("Grand Hall");
}

export const reserveButton = (page: Page) => page.getByRole("button", { name: "Reserve this ticket" });

/** Reserves the ticket whose page is shown, and returns the order's id. */
export async function reserve(page: Page): Promise<string> {
  await reserveButton(page).click();
  await expect(page.getByRole("heading", { name: "Your order" })).toBeVisible();
  return idIn(page, "orders");
}

export type Card = "Succeeds" | "Declined" | "Insufficient funds" | "Bank confirmation";

/** Pays the order whose page is shown. */
export async function payWith(page: Page, card: Card): Promise<void> {
  await page.getByRole("radio", { name: new RegExp(`^${card}`) }).check();
  await page.getByRole("button", { name: /^Pay / }).click();
}

/** What an order's page says of the order. */
export const orderState = (page: Page) => page.getByRole("region", { name: "State of the order" });

/** Tries a card that is declined on the ticket whose page is shown, and checks that nothing was charged. */
export async function payInVain(page: Page, system: System): Promise<void> {
  const order = await reserve(page);
  await payWith(page, "Declined");
  await expect(orderState(page)).toContainText("Your card was declined.");
  expect(await moneyOf(system, order)).toEqual({ kept: 0, captures: 0 });
}

/** Goes back to a ticket from its ended order, reserves it, cancels, reserves it again and pays $19.99. */
export async function cancelThenPay(page: Page, ticket: string, system: System): Promise<void> {
  const reserveAgain = async () => {
    await api.awaitTicket(page, ticket, "available");
    await orderState(page).getByRole("link", { name: "View ticket" }).click();
    return reserve(page);
  };
  await reserveAgain();
  await cancelOrder(page);
  await expect(orderState(page)).toContainText("You cancelled this order");

  const order = await reserveAgain();
  await payWith(page, "Succeeds");
  await expect(orderState(page)).toContainText("It’s yours!");
  expect(await moneyOf(system, order)).toEqual({ kept: 1999, captures: 1 });
}

/** Cancels the order whose page is shown. */
export async function cancelOrder(page: Page): Promise<void> {
  await page.getByText("Cancel order", { exact: true }).click();
  await page.getByRole("button", { name: "Cancel this order" }).click();
}

/** Waits until the countdown of an order's page counts: from then on the page follows its clock. */
export async function awaitCountdown(page: Page): Promise<void> {
  const timer = orderState(page).getByRole("timer");
  const shown = await timer.textContent();
  await expect(timer).not.toHaveText(shown ?? "");
}

/** Whether the front page offers a ticket, or one of the pages after it. */
export async function isOffered(page: Page, title: string): Promise<boolean> {
  await page.goto("/");
  for (;;) {
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    if (await page.getByRole("link", { name: title }).count()) return true;
    const older = page.getByRole("link", { name: "Older tickets" });
    if (!(await older.count())) return false;
    await page.goto((await older.getAttribute("href")) ?? "");
  }
}

/** The entry of a list that is about a ticket. */
export const entry = (page: Page, title: string): Locator =>
  page.getByRole("listitem").filter({ hasText: title });

/** Counts how often a page is loaded from now on, as opposed to changing by itself. */
export function countLoads(page: Page): () => number {
  let loads = 0;
  // Not the load event, which may still be due for the page that's shown.
  page.on("request", (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) loads++;
  });
  return () => loads;
}

/**
 * Waits until React has taken over an element. Before that, links and forms work as they do without JavaScript,
 * and what a script is to prevent isn't prevented.
 */
export async function awaitScripts(element: Locator): Promise<void> {
  await expect
    .poll(() => element.evaluate((node) => Object.keys(node).some((key) => key.startsWith("__react"))))
    .toBe(true);
}

export function idIn(page: Page, list: "tickets" | "orders"): string {
  const id = new RegExp(`/${list}/([0-9a-f]{24})$`).exec(page.url())?.[1];
  if (!id) throw new Error(`${page.url()} is not in /${list}`);
  return id;
}
