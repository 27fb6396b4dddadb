import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";

for (const javaScriptEnabled of [true, false]) {
  test(`a user sees their sessions and ends another one, JavaScript ${javaScriptEnabled}`, async ({
    visitor,
  }) => {
    const email = api.newEmail();
    const [here, there] = [await visitor({ javaScriptEnabled }), await visitor()];
    await api.signUp(there, email);
    await here.goto("/signin");
    await here.getByLabel("Email").fill(email);
    await here.getByLabel("Password").fill(api.PASSWORD);
    await here.getByRole("main").getByRole("button", { name: "Sign in" }).click();

    await here.getByRole("link", { name: "your sessions" }).click();
    await expect(here.getByRole("heading", { level: 1 })).toHaveText("Your sessions");
    await expect(here.getByRole("heading", { level: 2 })).toHaveText(["Chrome on Linux", "Chrome on Linux"]);
    await expect(here.getByText("This device", { exact: true })).toHaveCount(1);
    await here.getByRole("main").getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(here.getByRole("heading", { level: 2 })).toHaveCount(1);

    await there.goto("/orders");
    await expect(there.getByRole("heading", { level: 1 })).toHaveText("Welcome back");
    await here.goto("/orders");
    await expect(here.getByRole("heading", { level: 1 })).toHaveText("Purchases");

    await here.goto("/sessions");
    await here.getByRole("button", { name: "Sign out everywhere" }).click();
    await expect(here.getByRole("link", { name: "Sign in" })).toBeVisible();
  });
}
