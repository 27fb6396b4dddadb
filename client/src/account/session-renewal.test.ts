// @vitest-environment node
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { isDue, renewal } from "@/account/session-renewal";

const minute = 60_000;
const now = Date.parse("2026-11-23T12:00:00Z");

/** A cookie as securecookie makes it: base64 of the time, the ciphertext, and a signature. */
function made(ago: number): string {
  return Buffer.from(`${Math.floor((now - ago) / 1000)}|ciphertext|signature`).toString("base64url");
}

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["", false],
  [`ticketing=${made(4 * minute)}`, false],
  [`ticketing=${made(6 * minute)}`, true],
  [`__Host-ticketing=${made(6 * minute)}`, true],
  [`ticketing=${made(0)}; session=${made(6 * minute)}`, true],
  [`ticketing-device=${made(60 * minute)}`, false],
  ["ticketing=forged", false],
  ["ticketing=", false],
])("a session is due once its cookie has aged: %s", (cookie, due) => {
  expect(isDue(cookie, now)).toBe(due);
});

test("the proxy passes on the cookie that renews a session, and asks auth only when it's due", async () => {
  const asked: (string | undefined)[] = [];
  const auth = createServer((request, response) => {
    asked.push(request.headers.cookie);
    response.setHeader("Set-Cookie", "ticketing=new; Path=/").end("{}");
  }).listen(0, "127.0.0.1");
  await new Promise((listening) => auth.once("listening", listening));
  vi.stubEnv("AUTH_URL", `http://127.0.0.1:${(auth.address() as AddressInfo).port}`);
  const old = `ticketing=${Buffer.from("1700000000|x|y").toString("base64url")}`;
  const fresh = `ticketing=${Buffer.from(`${Math.floor(Date.now() / 1000)}|x|y`).toString("base64url")}`;

  expect(await renewal(new Headers({ cookie: `theme=dark; ${old}` }))).toEqual(["ticketing=new; Path=/"]);
  expect(await renewal(new Headers({ cookie: fresh }))).toEqual([]);
  expect(await renewal(new Headers())).toEqual([]);
  expect(asked).toEqual([old]);

  await new Promise((closed) => auth.close(closed));
  expect(await renewal(new Headers({ cookie: old }))).toEqual([]);
});
