import { expect, test } from "vitest";
import { isScriptless, withoutScripts } from "@/proxy/scriptless";

const asked = (path: string, init?: RequestInit) => new Request(`http://localhost${path}`, init);

test("only the landing page, and only as a whole, goes without scripts", () => {
  expect(isScriptless(asked("/"))).toBe(true);
  expect(isScriptless(asked("/?after=6502f1e2c3a4d5e6f7a8b9c1"))).toBe(true);
  expect(isScriptless(asked("/tickets/1"))).toBe(false);
  expect(isScriptless(asked("/", { method: "POST" }))).toBe(false); // a form without scripts
  expect(isScriptless(asked("/", { headers: { rsc: "1" } }))).toBe(false); // Next, within the client
});

test("scripts go, with what loads them ahead; all else stays", () => {
  expect(
    withoutScripts(
      '<head><link rel="stylesheet" href="/a.css" nonce="x"/><link rel="preload" as="script" nonce="x" href="/a.js"/>' +
        '<script src="/a.js" async="" nonce="x"></script></head><body><h1>&lt;script&gt; nonce="y"</h1>' +
        '<script nonce="x">self.__next_f.push([1,"<\\/script>"])</script><p>end</p></body>',
    ),
  ).toBe(
    '<head><link rel="stylesheet" href="/a.css"/></head><body><h1>&lt;script&gt; nonce="y"</h1><p>end</p></body>',
  );
});
