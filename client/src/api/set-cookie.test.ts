import { expect, test } from "vitest";
import { parseSetCookie } from "@/api/set-cookie";

test("a session cookie is read with its attributes", () => {
  expect(
    parseSetCookie("__Host-ticketing=MTY5-_; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax"),
  ).toEqual({
    name: "__Host-ticketing",
    value: "MTY5-_",
    path: "/",
    maxAge: 86_400,
    httpOnly: true,
    secure: true,
    sameSite: "lax",
  });
  expect(parseSetCookie("session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")).toEqual({
    name: "session",
    value: "",
    path: "/",
    maxAge: 0,
    httpOnly: true,
    sameSite: "lax",
  });
  expect(parseSetCookie("nonsense")).toBeUndefined();
});
