// @vitest-environment node
import { expect, test } from "vitest";
import { setCookiesIn } from "@/api/set-cookies";

test("a response's cookies keep their attributes", () => {
  const headers = new Headers();
  headers.append(
    "Set-Cookie",
    "__Host-ticketing=MTY5-_; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax",
  );
  headers.append("Set-Cookie", "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
  headers.append("Set-Cookie", "nonsense");
  const [current, old, ...others] = setCookiesIn(headers);
  expect(others).toEqual([]);
  expect(current).toEqual({
    name: "__Host-ticketing",
    value: "MTY5-_",
    path: "/",
    maxAge: 86_400,
    httpOnly: true,
    secure: true,
    sameSite: "lax",
  });
  expect(old).toEqual({
    name: "session",
    value: "",
    path: "/",
    maxAge: 0,
    httpOnly: true,
    sameSite: "lax",
  });
});
