import * as api from "../api.ts";
import { expect, type Page, test } from "../fixtures.ts";
import { cancelOrder, fillEvent } from "../people.ts";

/** Signs the page's browser in as another user, as another tab would. */
async function switchUser(page: Page): Promise<string> {
  const email = api.newEmail();
  await api.signUp(page, email);
  return email;
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  const depth = javaScriptEnabled ? "" : " @thorough";

  test(`nothing is listed under another name than the page shows, ${how} JavaScript`, async ({ visitor }) => {
    const page = await visitor({ javaScriptEnabled });
    const was = await switchUser(page);
    await page.goto("/sell");
    await page.getByLabel("What’s the ticket for?").fill("Whose is it?");
    await fillEvent(page);
    await page.getByLabel("Price").fill("20");
    const is = await switchUser(page);
    const offer = page.getByRole("button", { name: "List ticket" });
    await offer.click();
    await expect(page.getByRole("main").getByRole("alert")).toContainText(
      `You're now signed in as ${is}, but this page was opened as ${was}.`,
    );
    await expect(page.getByLabel("What’s the ticket for?")).toHaveValue("Whose is it?");
    await expect(page.getByLabel("Price")).toHaveValue("20");
    await expect(page.getByRole("banner")).toContainText(is);
    expect(await (await page.request.get("/api/tickets?seller=me")).json()).toEqual([]);

    await offer.click();
    await expect(page.getByRole("heading", { name: "Your ticket is for sale" })).toBeVisible();
    expect(await (await page.request.get("/api/tickets?seller=me")).json()).toHaveLength(1);
  });

  test(`nothing else is done under another name, ${how} JavaScript${depth}`, async ({ caller, visitor }) => {
    const page = await visitor({ javaScriptEnabled });
    const seller = await caller();
    const free = await api.list(seller);
    await switchUser(page);
    const own = await api.list(page, "Mine", 30);
    const order = await api.order(page, await api.list(seller));
    const me = await page.context().storageState();
    const told = async (is: string) => {
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(`You're now signed in as ${is}`);
      await expect(page.getByRole("banner")).toContainText(is);
    };
    for (const [path, button] of [
      [`/tickets/${free.id}`, "Reserve this ticket"],
      [`/tickets/${own.id}/edit`, "Save changes"],
      [`/orders/${order.id}`, "Pay $19.99"],
      [`/orders/${order.id}`, "Cancel this order"],
      ["/sell", "Sign out"],
    ] as const) {
      await page.context().clearCookies();
      await page.context().addCookies(me.cookies);
      await page.goto(path);
      if (button === "Save changes") await page.getByLabel("Price").fill("1");
      const is = await switchUser(page);
      if (button === "Cancel this order") await cancelOrder(page);
      else await page.getByRole("button", { name: button }).click();
      await told(is);
    }
    // The second user is still signed in, and nothing has changed.
    await page.getByRole("link", { name: /^Continue as/ }).click();
    await expect(page).toHaveURL("/");
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
    expect((await api.readTicket(page, free.id)).status).toBe("available");
    await page.context().clearCookies();
    await page.context().addCookies(me.cookies);
    expect((await api.readTicket(page, own.id)).price).toBe(30);
    expect((await api.readOrder(page, order.id)).status).toBe("created");
    expect(await api.readCharge(page, order.id)).toBeUndefined();
  });
}
