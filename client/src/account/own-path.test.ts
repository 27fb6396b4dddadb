import { expect, test } from "vitest";
import { ownPath } from "@/account/own-path";

test.each([
  ["/tickets/1?a=b", "/tickets/1?a=b"],
  ["/", "/"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["/\t/evil.example", "/"],
  ["/./%2e//evil.example", "/"],
  ["https://evil.example", "/"],
  ["javascript:alert(1)", "/"],
  ["sell", "/"],
  [undefined, "/"],
  [["/a", "/b"], "/"],
])("after signing in %j leads to %s", (asked, path) => {
  expect(ownPath(asked)).toBe(path);
});
