import { expect, test } from "vitest";
import { authPath, wished } from "@/account/wished";

const id = "6502f1e2c3a4d5e6f7a8b9c1";

test("a ticket's page leads to its reservation and back", () => {
  const wish = { ticketId: id, price: 19.99 };
  expect(wished(`/tickets/${id}`, "19.99")).toEqual(wish);
  expect(authPath("signup", `/tickets/${id}`, wish)).toBe(`/signup?next=%2Ftickets%2F${id}&reserve=19.99`);
  expect(authPath("signin", "/sell")).toBe("/signin?next=%2Fsell");
  expect(authPath("signin", "/")).toBe("/signin");
});

test.each([
  ["/sell", "19.99"],
  [`/tickets/${id}/edit`, "19.99"],
  [`/tickets/${id}`, "abc"],
  [`/tickets/${id}`, ["1", "2"]],
  [`/tickets/${id}`, undefined],
])("signing in at %s with reserve=%j reserves nothing", (next, reserve) => {
  expect(wished(next, reserve)).toBeUndefined();
});
