import { expect, test } from "vitest";
import { clock } from "@/order/remaining";

test.each([
  [900_000, "15:00"],
  [61_001, "1:02"],
  [1, "0:01"],
  [-5, "0:00"],
  [3_661_000, "1:01:01"],
])("%i milliseconds are told as %s", (left, told) => {
  expect(clock(left)).toBe(told);
});
