// The API reference at /api/docs.

import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";

test("a developer reads the API reference and tries a request in their own session", async ({ user }) => {
  const page = await user();
  const ticket = await api.list(page);
  await page.goto("/api/docs");
  const operation = page.locator(".opblock-get", { has: page.locator('[data-path="/api/tickets/{id}"]') });
  await operation.getByRole("button").first().click();
  await operation.getByRole("button", { name: "Try it out" }).click();
  await operation.getByPlaceholder("id").fill(ticket.id);
  const answered = page.waitForResponse((r) => new URL(r.url()).pathname === `/api/tickets/${ticket.id}`);
  await operation.getByRole("button", { name: "Execute" }).click();
  expect((await answered).status()).toBe(200);
  await expect(operation.locator(".live-responses-table")).toContainText(ticket.title);
});

test("the descriptions of the API, the events and each event are served as JSON", async ({ request }) => {
  const openapi = await (await request.get("/api/docs/openapi.json")).json();
  expect(openapi.openapi).toMatch(/^3\.1/);
  expect(openapi.paths["/api/orders"].post).toBeDefined();

  const asyncapi = await (await request.get("/api/docs/asyncapi.json")).json();
  expect(asyncapi.asyncapi).toMatch(/^3\./);
  for (const channel of Object.keys(asyncapi.channels)) {
    const schema = await (await request.get(`/api/docs/events/${channel}.json`)).json();
    expect(schema.type, channel).toBe("object");
    const used = [...JSON.stringify(schema).matchAll(/"#\/\$defs\/(\w+)"/g)].map(([, name]) => name);
    expect(Object.keys(schema.$defs), channel).toEqual([...new Set(used)].sort());
  }
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the page links to the files", async ({ page }) => {
    await page.goto("/api/docs");
    expect(await page.content()).toContain("turn on JavaScript");
    await page.getByRole("link", { name: "the API as OpenAPI" }).click();
    await expect(page.locator("body")).toContainText('"openapi"');
  });
});
