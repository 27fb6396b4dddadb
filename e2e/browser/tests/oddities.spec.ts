// Rare but real inputs.

import { request as http } from "node:http";
import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";
import { awaitScripts, fillEvent, orderState, payWith, sell } from "../people.ts";
import { moneyOf } from "../sandbox.ts";

for (const [zone, depth] of [
  ["Etc/Unknown", ""],
  ["Foo/Bar", " @thorough"],
  ["", " @thorough"],
  [undefined, " @thorough"],
] as const) {
  test(`a browser in the time zone ${zone} shows UTC${depth}`, async ({ caller, user }) => {
    const buyer = await user();
    await buyer.addInitScript((zone) => {
      const options = Intl.DateTimeFormat.prototype.resolvedOptions;
      Intl.DateTimeFormat.prototype.resolvedOptions = function () {
        return { ...options.call(this), timeZone: zone as string };
      };
    }, zone);
    const ticket = await api.list(await caller());
    const order = await api.order(buyer, ticket);
    await buyer.goto(`/orders/${order.id}`);
    await expect(orderState(buyer)).toContainText(/Reserved for you until .*UTC/);
    for (const path of [`/tickets/${ticket.id}`, "/orders", "/my-tickets"]) {
      await buyer.goto(path);
      await expect(buyer.getByRole("heading", { level: 1 })).not.toHaveText("Something went wrong");
    }
    await buyer.goto("/orders");
    await expect(buyer.locator("time").first()).toContainText("UTC");
  });
}

test("the tab shows titles with dollar signs unchanged", async ({ caller, visitor }) => {
  const [seller, page] = [await caller(), await visitor()];
  for (const title of ["Cash $$ night", "Fish $& chips", "$` and $'", "$1 show"]) {
    const ticket = await api.list(seller, title);
    await page.goto(`/tickets/${ticket.id}`);
    await expect(page).toHaveTitle(`${title} · Ticketing`);
  }
});

for (const [price, depth] of [
  [9999.99, " @thorough"],
  [10_000, " @thorough"],
  [100_000, " @thorough"],
  [999_999.99, ""],
] as const) {
  test(`a price of ${price} does not break${depth}`, async ({ caller, user }) => {
    const buyer = await user();
    const title = api.unique("A".repeat(180));
    const ticket = await api.list(await caller(), title, price);
    const order = await api.order(buyer, ticket);
    for (const path of [`/tickets/${ticket.id}`, `/orders/${order.id}`, "/orders"]) {
      await buyer.goto(path);
      for (const width of [320, 360, 640, 1280]) {
        await buyer.setViewportSize({ width, height: 800 });
        const place = path === "/orders" ? buyer.getByRole("main") : buyer.locator(".ticket-stub");
        const data = place.locator(`data[value="${price}"]`).first();
        const shown = await data.evaluate((element) => {
          const range = document.createRange();
          range.selectNodeContents(element);
          const right = element.closest(".ticket-stub, main")?.getBoundingClientRect().right ?? 0;
          return {
            lines: new Set([...range.getClientRects()].map((rect) => rect.top)).size,
            outside: range.getBoundingClientRect().right > right,
          };
        });
        expect(shown, `${path}, ${width} pixels`).toEqual({ lines: 1, outside: false });
        expect(await buyer.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }
    }
  });
}

test("a title has 200 characters, whatever they are made of", async ({ user }) => {
  const seller = await user();
  const id = await sell(seller, "🎭".repeat(200), "20");
  expect([...(await api.readTicket(seller, id)).title]).toHaveLength(200);
  await seller.goto("/sell");
  await seller.getByLabel("What’s the ticket for?").fill("🎭".repeat(201));
  await fillEvent(seller);
  await seller.getByLabel("Price").fill("20");
  await seller.getByRole("button", { name: "List ticket" }).click();
  await expect(seller.getByText("Title must have 1 to 200 characters")).toBeVisible();
  await expect(seller.getByLabel("What’s the ticket for?")).toHaveValue("🎭".repeat(201));
});

for (const [path, depth] of [
  ["/tickets/%ff", ""],
  ["/orders/%ff", " @thorough"],
  ["/tickets/%c3%28/edit", " @thorough"],
  ["/%ff", ""],
  ["/tickets/%ed%a0%80", " @thorough"],
] as const) {
  test(`${path} is not found${depth}`, async ({ visitor, tolerated }) => {
    tolerated.push(/status of 404/);
    const page = await visitor();
    const response = await page.goto(path);
    expect(response?.status()).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Page not found");
  });
}

test("a refused form leads to a page that says why", async ({ visitor, system }) => {
  const page = await visitor();
  const action = `$ACTION_ID_${"0".repeat(42)}`;
  const own = { Origin: system.url };
  for (const [headers, title, status, text] of [
    [own, "x", 409, "This page is out of date"],
    [{ Origin: "https://elsewhere.example" }, "x", 403, "This form came from another site"],
    [{ ...own, "Sec-Fetch-Site": "cross-site" }, "x", 403, "This form came from another site"],
    [{ Origin: "null" }, "x", 403, "This form came from another site"],
    [{ Origin: "null", "Sec-Fetch-Site": "same-origin" }, "x", 409, "This page is out of date"],
    [{ Origin: "elsewhere" }, "x", 403, "This form came from another site"],
    [own, "x".repeat((1 << 20) + 1), 413, "much text"],
  ] as const) {
    const answer = await page.request.post("/sell", { headers, multipart: { [action]: "", title } });
    expect(answer.status()).toBe(status);
    expect(await answer.text()).toContain(text);
    const scripted = await page.request.post("/sell", {
      headers: { ...headers, "Next-Action": "0".repeat(42) },
      data: title,
    });
    expect(scripted.status()).toBe(status);
  }
});

for (const type of ["multipart/form-data", "multipart/form-data; boundary=b"]) {
  test(`a damaged form of type ${type} is refused`, async ({ visitor, system }) => {
    const headers = { "Content-Type": type, Origin: system.url };
    const answer = await (await visitor()).request.post("/sell", { headers, data: "damaged" });
    expect(answer.status()).toBe(400);
    expect(await answer.text()).toContain("It arrived damaged");
  });
}

test("a form without a length is refused", async ({ system }) => {
  const status = await new Promise((answered, failed) => {
    const headers = { "Content-Type": "multipart/form-data; boundary=b", Origin: system.url };
    const sent = http(`${system.url}/sell`, { method: "POST", headers }, (answer) => {
      answer.resume();
      answered(answer.statusCode);
    });
    sent.on("error", failed);
    sent.write("--b--"); // and so in chunks
    sent.end();
  });
  expect(status).toBe(411);
});

test("a page that is older than the site asks to be reloaded", async ({ user, tolerated }) => {
  tolerated.push(/status of 409/, /Server Action/);
  const buyer = await user();
  await buyer.goto("/orders");
  await awaitScripts(buyer.getByRole("button", { name: "Sign out" }));
  await buyer.route("**", (route) => {
    const headers = route.request().headers();
    return headers["next-action"]
      ? route.continue({ headers: { ...headers, "next-action": "0".repeat(42) } })
      : route.fallback();
  });
  await buyer.getByRole("button", { name: "Sign out" }).click();
  await expect(buyer.getByRole("form", { name: "Account" }).getByRole("alert")).toContainText(
    "Ticketing was updated after you opened this page.",
  );
  await looksRight(buyer);
  await buyer.unrouteAll();
  await buyer.reload();
  await buyer.getByRole("button", { name: "Sign out" }).click();
  await expect(buyer.getByRole("link", { name: "Sign in" })).toBeVisible();
});

for (const [javaScriptEnabled, depth] of [
  [true, ""],
  [false, " @thorough"],
] as const) {
  test(`a payment that waits for the bank can be cancelled, JavaScript ${javaScriptEnabled}${depth}`, async ({
    caller,
    user,
    system,
  }) => {
    const buyer = await user({ javaScriptEnabled });
    const ticket = await api.list(await caller());
    const order = await api.order(buyer, ticket);
    await buyer.goto(`/orders/${order.id}`);
    await payWith(buyer, "Bank confirmation");
    await buyer.getByRole("button", { name: "Cancel the payment" }).click();
    await expect(orderState(buyer)).toContainText("You cancelled the payment");
    expect(await moneyOf(system, order.id)).toEqual({ kept: 0, captures: 0 });
    await api.awaitTicket(buyer, ticket.id, "available");
  });
}
