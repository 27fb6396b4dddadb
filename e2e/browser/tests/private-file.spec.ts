import { readFile, writeFile } from "node:fs/promises";
import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { looksRight } from "../looks.ts";

// The smallest files that the service accepts.
const pdf = (text: string) => Buffer.from(`%PDF-1.7\n${text}\n%%EOF\n`);
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=",
  "base64",
);

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with" : "without";

  test(`the buyer downloads the file that the seller uploaded, ${how} JavaScript`, async ({
    user,
    caller,
  }) => {
    const [seller, buyer, stranger] = [
      await user({ javaScriptEnabled }),
      await user({ javaScriptEnabled }),
      await caller(),
    ];
    const ticket = await api.list(seller, api.unique("A printed seat"));
    const content = pdf("x".repeat(1_500_000)); // more than forms without a file may have
    await seller.goto(`/tickets/${ticket.id}`);
    const file = { name: "Row A – 7.pdf", mimeType: "application/pdf", buffer: content };
    await seller.getByLabel("Or a file").setInputFiles(file);
    await seller.getByRole("button", { name: "Save for the buyer" }).click();
    await expect(seller.getByRole("status").filter({ hasText: "Saved" })).toBeVisible();
    await expect(seller.getByRole("link", { name: "Download Row A – 7.pdf" })).toBeVisible();
    await expect(seller.getByText("1.4 MB")).toBeVisible();
    if (javaScriptEnabled) await looksRight(seller);

    const order = await api.order(buyer, ticket);
    await api.pay(buyer, order);
    await api.awaitTicket(seller, ticket.id, "sold");
    const link = buyer.getByRole("link", { name: "Download Row A – 7.pdf" });
    await expect(async () => {
      await buyer.goto(`/orders/${order.id}`);
      await expect(link).toBeVisible({ timeout: 500 });
    }).toPass();
    if (javaScriptEnabled) await looksRight(buyer);
    await seller.goto(`/tickets/${ticket.id}`);
    await expect(seller.getByText("Not opened yet.")).toBeVisible();

    const [download] = await Promise.all([buyer.waitForEvent("download"), link.click()]);
    expect(download.suggestedFilename()).toBe("Row A – 7.pdf");
    expect(content.equals(await readFile(await download.path()))).toBe(true);
    await seller.goto(`/tickets/${ticket.id}`);
    await expect(seller.getByText("The buyer has opened it.")).toBeVisible();
    await expect(seller.getByLabel("Or a file")).toHaveCount(0);
    const refused = await stranger.request.get(`/api/tickets/${ticket.id}/private/file`);
    expect(refused.status()).toBe(401);
  });

  test(`a seller replaces a file with a code, and removes it, ${how} JavaScript`, async ({ user }) => {
    const seller = await user({ javaScriptEnabled });
    const ticket = await api.list(seller);
    await seller.goto(`/tickets/${ticket.id}`);
    const save = seller.getByRole("button", { name: "Save for the buyer" });
    const link = seller.getByRole("link", { name: "Download" });
    await seller
      .getByLabel("Or a file")
      .setInputFiles({ name: "seat.png", mimeType: "image/png", buffer: png });
    await save.click();
    await expect(link).toHaveText("Download seat.png");
    await expect(seller.getByLabel("Or a file")).toHaveValue("");
    await seller.getByLabel("Code or link").fill("ADMIT-1");
    await save.click();
    await expect(seller.getByLabel("Code or link")).toHaveValue("ADMIT-1");
    await expect(link).toHaveCount(0);
    await seller.getByRole("button", { name: "Remove", exact: true }).click();
    await expect(seller.getByLabel("Code or link")).toHaveValue("");
    await expect(seller.getByRole("button", { name: "Remove", exact: true })).toHaveCount(0);
  });

  test(`a file of the wrong type or size is refused with an error, ${how} JavaScript`, async ({ user }) => {
    const seller = await user({ javaScriptEnabled });
    const ticket = await api.list(seller);
    await seller.goto(`/tickets/${ticket.id}`);
    const field = seller.getByLabel("Or a file");
    const submit = async (name: string, buffer: Buffer) => {
      await field.setInputFiles({ name, mimeType: "application/pdf", buffer });
      await seller.getByRole("button", { name: "Save for the buyer" }).click();
    };
    await submit("seat.pdf", Buffer.from("<script>alert(1)</script>"));
    await expect(field).toHaveAccessibleDescription(/PDF, PNG or JPEG/);
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await submit("seat.pdf", pdf("x".repeat(5 * 1024 * 1024)));
    await expect(field).toHaveAccessibleDescription(/up to 5 MB/);
    if (javaScriptEnabled) expect(await field.evaluate((f: HTMLInputElement) => f.files?.length)).toBe(1);
    await seller.getByLabel("Code or link").fill("ADMIT-1");
    await submit("seat.pdf", pdf(""));
    await expect(field).toHaveAccessibleDescription(/not both/);
    await expect(seller.getByLabel("Code or link")).toHaveValue("ADMIT-1");
  });
}

test.describe("a refused form", () => {
  test.use({ tolerated: [/status of 413/] });

  test("without JavaScript, a file that's far too large gets an error page", async ({ user }, testInfo) => {
    const seller = await user({ javaScriptEnabled: false });
    const ticket = await api.list(seller);
    await seller.goto(`/tickets/${ticket.id}`);
    const large = testInfo.outputPath("a.pdf");
    await writeFile(large, pdf("x".repeat(7 * 1024 * 1024)));
    await seller.getByLabel("Or a file").setInputFiles(large);
    await seller.getByRole("button", { name: "Save for the buyer" }).click();
    await expect(seller.getByRole("heading", { name: "That file is too large" })).toBeVisible();
  });
});

test("the seller can't change what the buyer gets while the ticket is reserved", async ({ user }) => {
  const [seller, buyer] = [await user(), await user()];
  const ticket = await api.list(seller);
  await seller.request.put(`/api/tickets/${ticket.id}/private`, { data: { text: "ADMIT-1" } });
  await api.order(buyer, ticket);
  await api.awaitTicket(seller, ticket.id, "reserved");
  await seller.goto(`/tickets/${ticket.id}`);
  await expect(seller.getByText("You can’t change it while someone holds the ticket.")).toBeVisible();
  await expect(seller.getByText("ADMIT-1")).toBeVisible();
  await expect(seller.getByLabel("Code or link")).toHaveCount(0);
});
