import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { Visitor } from "@/api/services";
import { SiteHeader } from "@/layout/site-header";

vi.mock("next/navigation", () => ({ usePathname: () => "/" }));
vi.mock("@/account/actions", () => ({ submitSignOut: async () => {} }));

test.each<[string, Visitor, { signIn: boolean; text?: string }]>([
  ["signed out", null, { signIn: true }],
  ["a user", { id: "1", email: "ada@example.com" }, { signIn: false, text: "ada@example.com" }],
  [
    "a user that auth can't check",
    "unknown",
    { signIn: false, text: "We can’t check your account right now" },
  ],
])("the header of %s", (_, visitor, want) => {
  const { unmount } = render(<SiteHeader visitor={visitor} now={0} />);
  expect(screen.queryByRole("link", { name: "Sign in" }) !== null).toBe(want.signIn);
  expect(screen.queryByRole("button", { name: "Sign out" }) !== null).toBe(!want.signIn);
  expect(screen.queryByRole("link", { name: "Purchases" }) !== null).toBe(!want.signIn);
  if (want.text) expect(screen.getByText(want.text)).toBeTruthy();
  unmount();
});
