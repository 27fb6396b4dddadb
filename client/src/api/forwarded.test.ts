import { expect, test } from "vitest";
import { askedByHttps } from "@/api/forwarded";

test.each([
  ["https", true],
  ["https, http", true],
  ["http, https", false],
  ["http", false],
  ["", false],
])("x-forwarded-proto %j: https is %s", (proto, https) => {
  expect(askedByHttps(new Headers({ "x-forwarded-proto": proto }))).toBe(https);
});
