import { expect, test } from "vitest";
import { isScriptless, withoutScripts } from "@/proxy/scriptless";

const navigation = { "sec-fetch-dest": "document", accept: "text/html" };

function asked(path: string, headers: Record<string, string> = navigation, method = "GET"): Request {
  return new Request(`http://localhost${path}`, { method, headers });
}

test("only navigations to the landing page go without scripts", () => {
  expect(isScriptless(asked("/"))).toBe(true);
  expect(isScriptless(asked("/?after=6502f1e2c3a4d5e6f7a8b9c1"))).toBe(true);
  expect(isScriptless(asked("/tickets/1"))).toBe(false);
  expect(isScriptless(asked("/", navigation, "POST"))).toBe(false); // a form without scripts
});

test("what Next's router fetches keeps its scripts, though Next hides its own headers", () => {
  expect(isScriptless(asked("/", { "sec-fetch-dest": "empty", accept: "*/*" }))).toBe(false);
  expect(isScriptless(asked("/", { accept: "*/*" }))).toBe(false); // without fetch metadata
  expect(isScriptless(asked("/", { accept: "text/html,application/xhtml+xml" }))).toBe(true);
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
