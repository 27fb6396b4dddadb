import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { fillCredentials, fillEvent, reserve, signUp } from "../people.ts";

const offerButton = "List ticket";

test("a double click without JavaScript creates one thing", async ({ visitor }) => {
  const page = await visitor({ javaScriptEnabled: false });
  await page.goto("/signup");
  await fillCredentials(page, api.newEmail());
  await page.getByRole("button", { name: "Sign up" }).dblclick();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();

  await page.goto("/sell");
  await page.getByLabel("What’s the ticket for?").fill("A double bill");
  await fillEvent(page);
  await page.getByLabel("Price").fill("20");
  await page.getByRole("button", { name: offerButton }).dblclick();
  await expect(page.getByRole("heading", { name: "Your ticket is for sale" })).toBeVisible();
  await expect(page).toHaveURL(/\/tickets\/[0-9a-f]{24}$/);
  expect(await (await page.request.get("/api/tickets?seller=me")).json()).toHaveLength(1);

  // Another form is another ticket, even if it looks the same.
  await page.goto("/sell");
  await page.getByLabel("What’s the ticket for?").fill("A double bill");
  await fillEvent(page);
  await page.getByLabel("Price").fill("20");
  await page.getByRole("button", { name: offerButton }).click();
  await expect(page.getByRole("heading", { name: "Your ticket is for sale" })).toBeVisible();
  expect(await (await page.request.get("/api/tickets?seller=me")).json()).toHaveLength(2);
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";
  const depth = javaScriptEnabled ? "" : " @thorough";

  test(`what's tried again after a lost answer is made once, ${how} JavaScript${depth}`, async ({
    caller,
    visitor,
    newLossy,
    newClient,
    tolerated,
  }) => {
    tolerated.push(/status of 404 .*\/events\)$/); // there is no gateway in front of this client
    const ticket = await api.list(await caller());
    const lossy = await newLossy();
    lossy.loseAnswers();
    const client = await newClient({ API_URL: lossy.url });
    const page = await visitor({ javaScriptEnabled });
    const alert = page.getByRole("main").getByRole("alert");
    const email = api.newEmail();
    await page.goto(`${client.url}/signup`);
    for (const outcome of ["lost", "arrives"]) {
      await fillCredentials(page, email);
      await page.getByRole("button", { name: "Sign up" }).click();
      if (outcome === "lost") await expect(alert).toContainText("try again");
    }
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();

    await page.goto(`${client.url}/sell`);
    await page.getByLabel("What’s the ticket for?").fill("A lost answer");
    await fillEvent(page);
    await page.getByLabel("Price").fill("12,50");
    await page.getByRole("button", { name: offerButton }).click();
    await expect(alert).toContainText("try again");
    await page.getByRole("button", { name: offerButton }).click();
    await expect(page.getByRole("heading", { name: "Your ticket is for sale" })).toBeVisible();
    const listed = await (await page.request.get("/api/tickets?seller=me")).json();
    expect(listed).toMatchObject([{ title: "A lost answer", price: 12.5 }]);

    await page.goto(`${client.url}/tickets/${ticket.id}`);
    const reserve = page.getByRole("button", { name: "Reserve this ticket" });
    await reserve.click();
    // Without JavaScript the page is rendered again, and may already know the outcome.
    const reserved = page.getByRole("link", { name: "Continue to your order" });
    await expect(alert.filter({ hasText: "try again" }).or(reserved)).toBeVisible();
    await reserve.or(reserved).click();
    await expect(page.getByRole("heading", { name: "Your order" })).toBeVisible();
    expect(await (await page.request.get("/api/orders")).json()).toHaveLength(1);

    const pay = page.getByRole("button", { name: "Pay $19.99" });
    const paid = page.getByRole("heading", { name: "It’s yours!" });
    await pay.click();
    await expect(alert.filter({ hasText: "try again" }).or(paid)).toBeVisible();
    if (await pay.isVisible()) await pay.click();
    await expect(paid).toBeVisible();
    expect(lossy.lost()).toBe(4);
  });
}

test("a form that was corrected after a refusal gets through", async ({ visitor }) => {
  const page = await visitor({ javaScriptEnabled: false });
  await signUp(page, api.newEmail());
  await page.goto("/sell");
  await page.getByLabel("What’s the ticket for?").fill("A correction");
  await fillEvent(page);
  for (const price of ["0.10", "free", "1.500"]) {
    await page.getByLabel("Price").fill(price);
    await page.getByRole("button", { name: offerButton }).click();
    await expect(page.getByLabel("Price")).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByLabel("Price")).toHaveValue(price);
  }
  await page.getByLabel("Price").fill("15");
  await page.getByRole("button", { name: offerButton }).click();
  await expect(page.getByRole("heading", { name: "Your ticket is for sale" })).toBeVisible();
});

// As after Back, when the browser has kept the page.
test("the form of an order that was cancelled reserves once more", async ({ caller, user }) => {
  const buyer = await user({ javaScriptEnabled: false });
  const ticket = await api.list(await caller());
  await buyer.goto(`/tickets/${ticket.id}`);
  const sent = buyer.waitForRequest((request) => request.method() === "POST");
  const first = await reserve(buyer);
  const form = await sent;
  await buyer.request.delete(`/api/orders/${first}`);
  await api.awaitTicket(buyer, ticket.id, "available");

  const { "content-type": type = "", origin = "" } = await form.allHeaders();
  const headers = { "content-type": type, origin };
  for (const _ of ["once", "as by a double click"]) {
    const data = form.postDataBuffer() ?? "";
    const answer = await buyer.request.post(form.url(), { headers, data, maxRedirects: 0 });
    expect(answer.status()).toBe(303);
  }
  const orders = await (await buyer.request.get("/api/orders")).json();
  expect(orders).toMatchObject([{ status: "created" }, { id: first, status: "cancelled" }]);
});
