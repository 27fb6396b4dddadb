import { expect, test } from "vitest";
import { wishIn } from "@/order/wish";

function form(fields: Record<string, string>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries({ ticketId: "t1", ...fields })) data.set(name, value);
  return data;
}

test("a wish has the ticket, price and title of the page", () => {
  expect(wishIn(form({ price: "19.99", title: '"Opening\\nnight"' }))).toEqual({
    ticketId: "t1",
    price: 19.99,
    title: "Opening\nnight",
  });
  expect(wishIn(form({}))).toEqual({ ticketId: "t1" });
});

test.each(["", "abc", "1e3", "-1", "NaN", "Infinity", " 5", "19.999", "0x10"])(
  "refuses price %j",
  (price) => {
    expect(wishIn(form({ price }))).toBeNull();
  },
);

test.each(["", "Opening night", '{"a":1}', "null", "3", '["x"]', '"cut'])("refuses title %j", (title) => {
  expect(wishIn(form({ title }))).toBeNull();
});
