import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { isOffered } from "../people.ts";

test("the landing page sends no scripts, and all that is on it works", async ({ user }) => {
  const page = await user();
  const ticket = await api.list(page);
  const scripts: string[] = [];
  page.on("request", (request) => {
    if (request.resourceType() === "script") scripts.push(request.url());
  });
  expect(await isOffered(page, ticket.title)).toBe(true);
  await expect(page.locator("script")).toHaveCount(0);
  expect(scripts).toEqual([]);

  await page.getByRole("link", { name: ticket.title }).click();
  await expect(page.getByRole("heading", { name: ticket.title })).toBeVisible();
  expect(scripts).not.toEqual([]); // which the ticket's page has use for

  await page.getByRole("link", { name: "Ticketing" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("link", { name: "Sign in" })).toBeVisible();
});

test("a link to the landing page stays in the client, and loads no document a second time", async ({
  user,
}) => {
  const page = await user();
  const ticket = await api.list(page);
  await page.goto(`/tickets/${ticket.id}`);
  const documents: string[] = [];
  page.on("request", (request) => {
    if (request.resourceType() === "document") documents.push(request.url());
  });
  await page.getByRole("link", { name: "Ticketing", exact: true }).click();
  await expect(page.getByRole("link", { name: ticket.title })).toBeVisible();
  await expect(page).toHaveURL("/");
  expect(documents).toEqual([]);
});
