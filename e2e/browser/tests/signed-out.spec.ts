import { expect, test } from "../fixtures.ts";
import { awaitScripts, sessions } from "../people.ts";
import { freePort } from "../system.ts";

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";
  const depth = javaScriptEnabled ? "" : " @thorough";
  test(`signing out ${how} while auth is away removes the cookie and says what failed${depth}`, async ({
    user,
    newClient,
    tolerated,
  }) => {
    tolerated.push(/status of (404|503)/);
    const page = await user({ javaScriptEnabled });
    const client = await newClient({ AUTH_URL: `http://127.0.0.1:${await freePort()}` });
    for (const path of ["/", "/orders"]) {
      await page.goto(client.url + path);
      await expect(page.getByRole("banner")).toContainText("We can’t check your account right now");
      await expect(page.getByRole("link", { name: "Sign in" })).toHaveCount(0);
    }
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("You're signed out here");
    await expect(page.getByRole("banner").getByRole("link", { name: "Sign in" })).toBeVisible();
    expect(await sessions(page)).toEqual([]);
  });
}

test("signing out offline says so and keeps the page", async ({ user, tolerated }) => {
  tolerated.push(/ERR_INTERNET_DISCONNECTED/);
  const page = await user();
  await page.goto("/orders");
  await awaitScripts(page.getByRole("button", { name: "Sign out" }));
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("banner").getByRole("alert")).toHaveText(
    "You're offline. Try again when you're back online.",
  );
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Purchases");

  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("link", { name: "Sign in" })).toBeVisible();
});
