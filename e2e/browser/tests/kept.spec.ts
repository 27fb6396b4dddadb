import * as api from "../api.ts";
import { expect, type Page, test } from "../fixtures.ts";
import { awaitScripts, fillCredentials, fillEvent } from "../people.ts";

const title = (page: Page) => page.getByLabel("What’s the ticket for?");
const price = (page: Page) => page.getByLabel("Price");
const alert = (page: Page) => page.getByRole("main").getByRole("alert");

async function fill(page: Page, what: string, dollars: string): Promise<void> {
  await title(page).fill(what);
  await fillEvent(page);
  await price(page).fill(dollars);
}

async function isKept(page: Page, what: string, dollars: string): Promise<void> {
  await expect(title(page)).toHaveValue(what);
  await expect(price(page)).toHaveValue(dollars);
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  const depth = javaScriptEnabled ? "" : " @thorough";

  test(`a user whose session ends while typing loses nothing, ${how} JavaScript${depth}`, async ({
    caller,
    visitor,
  }) => {
    const email = api.newEmail();
    await caller(email);
    const page = await visitor({ javaScriptEnabled });
    await page.request.post("/api/users/signin", { data: { email, password: api.PASSWORD } });
    const own = await api.list(page);
    for (const [path, button] of [
      ["/sell", "List ticket"],
      [`/tickets/${own.id}/edit`, "Save changes"],
    ] as const) {
      await page.request.post("/api/users/signin", { data: { email, password: api.PASSWORD } });
      await page.goto(path);
      await fill(page, "A long title that took a while", "47.11");
      await page.context().clearCookies();
      await page.getByRole("button", { name: button }).click();
      await expect(alert(page)).toContainText("You're signed out, so nothing was saved.");
      await isKept(page, "A long title that took a while", "47.11");

      const [tab] = await Promise.all([
        page.context().waitForEvent("page"),
        page.getByRole("main").getByRole("link", { name: "Sign in" }).click(),
      ]);
      await fillCredentials(tab, email);
      await tab.getByRole("main").getByRole("button", { name: "Sign in" }).click();
      await expect(tab.getByRole("button", { name: "Sign out" })).toBeVisible();
      await tab.close();
      await page.getByRole("button", { name: button }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("A long title that took a while");
    }
    expect(await (await page.request.get("/api/tickets?seller=me")).json()).toHaveLength(2);
  });

  test(`what was typed outlives a service that's away, ${how} JavaScript${depth}`, async ({
    visitor,
    newLossy,
    newClient,
    tolerated,
  }) => {
    tolerated.push(/status of 404 .*\/events\)$/); // there is no gateway in front of this client
    const page = await visitor({ javaScriptEnabled });
    await api.signUp(page);
    const own = await api.list(page);
    const lossy = await newLossy();
    const client = await newClient({ API_URL: lossy.url });
    const submit = page.getByRole("main").locator("button[type=submit]");
    for (const [service, path] of [
      ["/api/tickets", "/sell"],
      ["/api/tickets", `/tickets/${own.id}/edit`],
      ["/api", "/sell"],
      ["/api", `/tickets/${own.id}/edit`],
    ] as const) {
      await page.goto(client.url + path);
      await fill(page, "Typed", "5");
      lossy.takeAway(service);
      await submit.click();
      await expect(alert(page)).toContainText("Please try again");
      await isKept(page, "Typed", "5");
      lossy.takeAway("");
      await submit.click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Typed");
    }
    const email = api.newEmail();
    await page.context().clearCookies();
    for (const path of ["/signup", "/signin"]) {
      await page.context().clearCookies();
      await page.goto(client.url + path);
      await fillCredentials(page, email);
      lossy.takeAway("/api/users");
      await submit.click();
      await expect(alert(page)).toContainText("Please try again");
      await expect(page.getByLabel("Email")).toHaveValue(email);
      await expect(page.getByLabel("Password")).toHaveValue("");
      lossy.takeAway("");
      await fillCredentials(page, email);
      await submit.click();
      await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
    }
  });
}

test("a form keeps what was typed when the network fails", async ({ user, tolerated }) => {
  tolerated.push(/ERR_INTERNET_DISCONNECTED|ERR_FAILED|No answer to a form/);
  const page = await user();
  await page.goto("/sell");
  await awaitScripts(title(page));
  await fill(page, "Offline", "7,50");
  const offer = page.getByRole("button", { name: "List ticket" });
  await page.context().setOffline(true);
  await offer.click();
  await expect(alert(page)).toContainText("You're offline.");
  await isKept(page, "Offline", "7,50");

  await page.context().setOffline(false);
  await page.route("**/sell", (route) =>
    route.request().method() === "POST" ? route.abort() : route.fallback(),
  );
  await offer.click();
  await expect(alert(page)).toContainText("We didn't get a response.");
  await isKept(page, "Offline", "7,50");
  await page.unrouteAll({ behavior: "wait" });
  await offer.click();
  await expect(page.getByRole("heading", { name: "Your ticket is for sale" })).toBeVisible();
});

test("a form keeps what's typed while its response is on the way", async ({ user }) => {
  const page = await user();
  await page.goto("/sell");
  await awaitScripts(title(page));
  await fill(page, "Sent", "abc");
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/sell", async (route) => {
    if (route.request().method() === "POST") await held;
    await route.fallback();
  });
  await page.getByRole("button", { name: "List ticket" }).click();
  await expect(page.getByRole("button", { name: "Saving…" })).toBeVisible();
  await title(page).fill("Typed later");
  release();
  await expect(page.getByText("Enter the price as a plain number")).toBeVisible();
  await isKept(page, "Typed later", "abc");
});
