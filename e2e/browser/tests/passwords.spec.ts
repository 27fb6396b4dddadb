import { expect, type Page } from "@playwright/test";
import * as api from "../api.ts";
import { test } from "../fixtures.ts";
import { fillCredentials } from "../people.ts";

const NEW_PASSWORD = "another horse battery";

type Mail = { subject: string; text: string };

/** Waits for an email to an address, and returns its link. */
async function linkIn(page: Page, email: string, subject: string): Promise<string> {
  let mail: Mail | undefined;
  await expect(async () => {
    const mails = await page.request.get(`/mail?to=${email}`, { headers: { Accept: "application/json" } });
    mail = ((await mails.json()) as Mail[]).find((m) => m.subject === subject);
    expect(mail).toBeDefined();
  }).toPass();
  const link = new URL(/https?:\S+/.exec(mail?.text ?? "")?.[0] ?? "");
  return link.pathname + link.search;
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.goto("/signin");
  await fillCredentials(page, email, password);
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
}

for (const javaScriptEnabled of [true, false]) {
  test(`a user resets a forgotten password with an emailed link, JavaScript ${javaScriptEnabled}`, async ({
    visitor,
  }) => {
    const email = api.newEmail();
    const [page, elsewhere] = [await visitor({ javaScriptEnabled }), await visitor()];
    await api.signUp(elsewhere, email);

    await page.goto("/signin");
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await page.getByLabel("Email").fill("nobody");
    await page.getByRole("button", { name: "Send me a link" }).click();
    await expect(page.getByText("Email must be valid")).toBeVisible();
    await page.getByLabel("Email").fill(email);
    await page.getByRole("button", { name: "Send me a link" }).click();
    await expect(page.getByText("a link for a new password is on its way")).toBeVisible();

    const link = await linkIn(page, email, "Choose a new password");
    await page.goto(link);
    await page.getByRole("textbox", { name: "New password" }).fill(NEW_PASSWORD);
    await page.getByRole("button", { name: "Set the new password" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your password was changed");
    await elsewhere.goto("/orders");
    await expect(elsewhere.getByRole("heading", { level: 1 })).toHaveText("Welcome back");
    await signIn(page, email, NEW_PASSWORD);
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();

    await page.goto(link);
    await page.getByRole("textbox", { name: "New password" }).fill("a third horse battery");
    await page.getByRole("button", { name: "Set the new password" }).click();
    await expect(page.getByText("This link has expired or was used already.")).toBeVisible();
  });

  test(`a user changes their password and confirms their address, JavaScript ${javaScriptEnabled}`, async ({
    visitor,
  }) => {
    const email = api.newEmail();
    const page = await visitor({ javaScriptEnabled });
    await api.signUp(page, email);
    await page.goto("/account");
    await page.getByLabel("Current password").fill("wrong horse");
    await page.getByRole("textbox", { name: "New password" }).fill(NEW_PASSWORD);
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByText("That isn’t your current password")).toBeVisible();
    await page.getByLabel("Current password").fill(api.PASSWORD);
    await page.getByRole("textbox", { name: "New password" }).fill(NEW_PASSWORD);
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByText("Your password was changed,")).toBeVisible();
    await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();

    await page.goto(await linkIn(page, email, "Confirm your email address"));
    await page.getByRole("button", { name: "Confirm this address" }).click();
    await expect(page.getByText("Your address is confirmed.")).toBeVisible();
  });
}
