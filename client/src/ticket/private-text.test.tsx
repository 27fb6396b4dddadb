import { expect, test } from "vitest";
import { linkIn } from "@/ticket/private-text";

test.each([
  ["https://tickets.example/4711?seat=a", true],
  ["HTTP://tickets.example", true],
  ["ADMIT-ONE", false],
  ["see https://tickets.example", false],
  ["javascript:alert(1)", false],
  ["data:text/html,x", false],
  ["https://", false],
  ["https://a b", false],
])("whether %j is a link: %s", (text, isLink) => {
  expect(linkIn(text)).toBe(isLink ? text : undefined);
});
