// Forms whose hidden fields were changed on the way.

import * as api from "../api.ts";
import { expect, test } from "../fixtures.ts";
import { reserveButton } from "../people.ts";

for (const [name, value, depth] of [
  ["price", "abc", ""],
  ["price", "", " @thorough"],
  ["title", "no JSON", ""],
  ["title", "7", " @thorough"],
  ["viewer", "damaged", ""],
  ["viewer", "é\u0000 ada@example.com", " @thorough"],
] as const) {
  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "with" : "without";
    test(`a ${name} of ${JSON.stringify(value)} is refused, ${how} JavaScript${javaScriptEnabled ? depth : " @thorough"}`, async ({
      caller,
      user,
      tolerated,
    }) => {
      tolerated.push(/status of 400/);
      const ticket = await api.list(await caller());
      const page = await user({ javaScriptEnabled });
      await page.goto(`/tickets/${ticket.id}`);
      const form = page.getByRole("form", { name: "Reserve the ticket" });
      await form.locator(`input[name=${name}]`).evaluate((input: HTMLInputElement, value) => {
        input.value = value;
      }, value);
      const answered = page.waitForResponse((response) => response.request().method() === "POST");
      await reserveButton(page).click();
      if (!javaScriptEnabled) expect((await answered).status()).toBe(400);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("This form can’t be read");
      expect((await api.readTicket(page, ticket.id)).status).toBe("available");
    });
  }
}
