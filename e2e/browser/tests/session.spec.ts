import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { fillCredentials, sell, sessions, signUp } from "../people.ts";

test("signing in on the way to a reservation completes it", async ({ caller, visitor }) => {
  const ticket = await api.list(await caller());
  const email = api.newEmail();
  await caller(email);

  const page = await visitor();
  await page.goto(`/tickets/${ticket.id}`);
  await page.getByRole("link", { name: "Sign in to reserve" }).click();
  await fillCredentials(page, email);
  await page.getByRole("button", { name: "Sign in and reserve" }).click();
  await expect(page.getByRole("heading", { name: "Your order" })).toBeVisible();
  expect((await api.readTicket(page, ticket.id)).status).toBe("reserved");
});

test("signing up leads back to the page that asked for it", async ({ visitor }) => {
  const page = await visitor();
  await page.goto("/sell");
  await expect(page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
  await page.getByRole("main").getByRole("link", { name: "Sign up" }).click();
  await expect(page.getByRole("form", { name: "Sign up" })).toBeVisible();
  await fillCredentials(page, api.newEmail());
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByRole("heading", { name: "Sell a ticket" })).toBeVisible();
});

test("signing in never redirects to another site", async ({ visitor, baseURL }) => {
  const page = await visitor();
  await page.goto("/signup?next=//elsewhere.example/sell");
  await fillCredentials(page, api.newEmail());
  await page.getByRole("button", { name: "Sign up" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  expect(page.url()).toBe(`${baseURL}/`);
});

test("what is wrong stands at the field that it is about", async ({ caller, visitor }) => {
  const page = await visitor();
  const [email, password] = [page.getByLabel("Email"), page.getByLabel("Password")];
  const signUpButton = page.getByRole("button", { name: "Sign up" });
  await page.goto("/signup");
  await fillCredentials(page, "nonsense", "short");
  await signUpButton.click();
  await expect(email).toHaveAccessibleDescription("Email must be valid");
  await expect(email).toHaveAttribute("aria-invalid", "true");
  await expect(email).toBeFocused();
  await expect(email).toHaveValue("nonsense");
  await expect(password).toHaveAccessibleDescription(/^Password must be between 8 and 128 characters/);
  await expect(password).toHaveAttribute("aria-invalid", "true");

  const taken = api.newEmail();
  await caller(taken);
  await fillCredentials(page, taken);
  await signUpButton.click();
  await expect(email).toHaveAccessibleDescription("Email in use");
  await expect(password).not.toHaveAttribute("aria-invalid");
});

test("a wrong password and an unknown email are told alike", async ({ caller, visitor }) => {
  const email = api.newEmail();
  await caller(email);
  const page = await visitor();
  for (const [who, password] of [
    [email, "wrong horse"],
    [api.newEmail(), api.PASSWORD],
  ] as const) {
    await page.goto("/signin");
    await fillCredentials(page, who, password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("form", { name: "Sign in" }).getByRole("alert")).toHaveText(
      "Invalid credentials",
    );
  }
});

test("signing out is a POST that ends the session", async ({ visitor }) => {
  const page = await visitor();
  await signUp(page, api.newEmail());
  const request = page.waitForRequest((r) => r.method() === "POST");
  await page.getByRole("button", { name: "Sign out" }).click();
  await request;
  await expect(page.getByRole("link", { name: "Sign in" })).toBeVisible();
  expect(await sessions(page)).toEqual([]);
  await page.goto("/orders");
  await expect(page).toHaveURL(/\/signin\?next=/);
});

test("cookies of other programs on the host are no trouble and are left alone", async ({
  visitor,
  baseURL,
}) => {
  const page = await visitor();
  const flask = { name: "session", value: "eyJ1c2VyIjoxfQ.ZxY.abc", url: baseURL ?? "" };
  await page.context().addCookies([flask]);
  const email = api.newEmail();
  await signUp(page, email);
  const [own] = await sessions(page);
  expect(own?.name).toMatch(/^ticketing-[0-9a-f]{8}$/);

  // one of the same name for a longer path, which browsers send first
  for (const path of ["/orders", "/api/users"]) {
    await page
      .context()
      .addCookies([{ name: own?.name ?? "", value: "other", domain: own?.domain ?? "", path }]);
  }
  await page.goto("/orders");
  await expect(page).toHaveURL(/\/orders$/);
  await expect(page.getByRole("banner")).toContainText(email);
  const who = await page.request.get("/api/users/currentuser");
  expect(await who.json()).toMatchObject({ currentUser: { email } });

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("link", { name: "Sign in" })).toBeVisible();
  const left = await page.context().cookies();
  expect(left.find((c) => c.name === "session")?.value).toBe(flask.value);
  expect(await sessions(page)).toEqual([]);
});

test("an order is shown to its buyer alone", async ({ visitor, user, tolerated }) => {
  tolerated.push(/status of 404/);
  const [seller, buyer, other, stranger] = [await user(), await user(), await user(), await visitor()];
  const ticket = await api.list(seller, api.unique("A secret concert"), 4711.25);
  const path = `/orders/${(await api.order(buyer, ticket)).id}`;
  await buyer.goto(path);
  await expect(buyer.getByRole("main")).toContainText(ticket.title);

  for (const page of [other, seller]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Page not found");
    expect(await page.content()).not.toMatch(/A secret concert|4,?711/);
  }
  await stranger.goto(path);
  await expect(stranger).toHaveURL(`/signin?next=${encodeURIComponent(path)}`);
  expect(await stranger.content()).not.toMatch(/A secret concert|4,?711/);
});

test("a ticket is changed by its seller alone", async ({ user }) => {
  const [seller, other] = [await user(), await user()];
  const id = await sell(seller, api.unique("Open air"), "30");
  await other.goto(`/tickets/${id}/edit`);
  await expect(other.getByRole("main")).toContainText("Only the seller can edit this ticket.");
  await expect(other.getByRole("textbox")).toHaveCount(0);
});
