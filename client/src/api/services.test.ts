// @vitest-environment node

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  createTicket,
  editTicket,
  listTickets,
  nextAfter,
  pay,
  placeOrder,
  readCharge,
  refetchTicket,
  signIn,
  signOut,
  signUp,
  visitor,
} from "@/api/services";

const jar = vi.hoisted(() => ({ has: vi.fn(), set: vi.fn(), delete: vi.fn() }));
const incoming = vi.hoisted(() => new Map<string, string>());
vi.mock("next/headers", () => ({ cookies: async () => jar, headers: async () => incoming }));

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server;
let handle: Handler;

beforeEach(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    handle(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("API_URL", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.spyOn(console, "error").mockImplementation(() => {});
  incoming.clear();
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  jar.set.mockReset();
  jar.has.mockReset();
  jar.delete.mockReset();
});

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Handler {
  return (_, response) => response.writeHead(status, headers).end(JSON.stringify(body));
}

test("the visitor's session and the request's id go along, other cookies do not", async () => {
  incoming.set("x-request-id", "r-1");
  incoming.set("x-forwarded-host", "shop.example");
  incoming.set("x-forwarded-proto", "https");
  vi.stubEnv("COOKIE_NAME", "mine");
  const sessions = "session=eyJ9.Z.x; mine=1; __Host-ticketing=a; mine=b=; session=MTY5-_";
  incoming.set("cookie", `theme=dark; mysession=1;__host-ticketing=2; minestrone=3;ticketing=4;${sessions}`);
  let seen: IncomingMessage["headers"] = {};
  handle = (request, response) => {
    seen = request.headers;
    response.end("[]");
  };
  await listTickets({ limit: 24 });
  expect(seen).toMatchObject({ "x-forwarded-host": "shop.example", "x-forwarded-proto": "https" });
  expect(seen).toMatchObject({ cookie: sessions, "x-request-id": "r-1" });
});

test("a form that is sent again has the same key, a corrected one another", async () => {
  const sent: IncomingMessage["headers"][] = [];
  handle = (request, response) => {
    sent.push(request.headers);
    answer(201, {})(request, response, "");
  };
  const form = { formKey: "one", as: "6502f1b8c3a4d5e6f7a8b9c0" };
  await createTicket({ title: "t", price: 1 }, form);
  await createTicket({ title: "t", price: 1 }, form);
  await createTicket({ title: "t", price: 2 }, form);
  await createTicket({ title: "t", price: 1 }, { ...form, formKey: "two" });
  await signUp("a@b.cc", "correct horse", { formKey: "one", as: "" });
  await editTicket("t1", { title: "t", price: 1 }, form);
  await createTicket({ title: "t", price: 1 });
  const keys = sent.map((headers) => headers["idempotency-key"]);
  expect(keys[1]).toBe(keys[0]);
  expect(new Set(keys.slice(1, 5)).size).toBe(4);
  for (const key of keys.slice(0, 5)) expect(key).toMatch(/^"[A-Za-z0-9_-]{43}"$/);
  expect(keys.slice(5)).toEqual([undefined, undefined]);
  const users = sent.map((headers) => headers["expected-user"]);
  expect(users).toEqual([form.as, form.as, form.as, form.as, undefined, form.as, undefined]);
});

test("a list knows where it goes on", async () => {
  handle = answer(200, [], { Link: '</api/tickets?after=6502f1e2c3a4d5e6f7a8b9c1&limit=24>; rel="next"' });
  expect(await listTickets({ limit: 24 })).toEqual({ items: [], next: "6502f1e2c3a4d5e6f7a8b9c1" });
  expect(nextAfter(null)).toBeUndefined();
});

test.each([
  [400, "refused"],
  [401, "not-authorized"],
  [402, "declined"],
  [409, "in-progress"],
  [412, "other-user"],
  [413, "refused"],
  [422, "refused"],
  [500, "unavailable"],
  [503, "unavailable"],
])("an answer of %i is %s, in the service's words", async (status, kind) => {
  const errors = [{ message: "No", field: "price" }];
  handle = answer(status, { errors });
  expect(await createTicket({ title: "t", price: 1 })).toEqual({ ok: false, problem: { kind, errors } });
});

test("no answer is unavailable", async () => {
  handle = (_, response) => response.destroy();
  const result = await createTicket({ title: "t", price: 1 });
  expect(result).toMatchObject({ ok: false, problem: { kind: "unavailable" } });
  await expect(listTickets({ limit: 1 })).rejects.toThrow("try again");
});

test("an answer that is no JSON is unavailable", async () => {
  handle = (_, response) => response.writeHead(502).end("<h1>Bad Gateway</h1>");
  await expect(readCharge("o1")).rejects.toMatchObject({ name: "Unavailable" });
});

test("a missing order, or another user's, is null", async () => {
  handle = answer(404, { errors: [{ message: "Not found" }] });
  expect(await refetchTicket("t1")).toBeNull();
  handle = answer(401, { errors: [{ message: "Not authorized" }] });
  expect(await refetchTicket("t1")).toBeNull();
});

test("an order is placed again where its ticket is not yet known", async () => {
  let calls = 0;
  handle = (request, response, body) => {
    calls++;
    answer(calls < 3 ? 404 : 201, calls < 3 ? { errors: [{ message: "Not found" }] } : { id: "o1", body })(
      request,
      response,
      body,
    );
  };
  expect(await placeOrder({ ticketId: "t1" })).toEqual({
    ok: true,
    value: { id: "o1", body: '{"ticketId":"t1"}' },
  });
  expect(calls).toBe(3);
});

test("a payment has the status that payments returned", async () => {
  handle = answer(402, { errors: [{ message: "Your card was declined." }] });
  expect(await pay("o1", "tok_chargeDeclined")).toEqual({
    ok: false,
    problem: { kind: "declined", errors: [{ message: "Your card was declined." }] },
  });
});

test("the cookie of a session is passed on", async () => {
  handle = answer(
    200,
    { id: "u1" },
    { "Set-Cookie": "__Host-ticketing=MTY5-_; Path=/; Max-Age=86400; HttpOnly; Secure; SameSite=Lax" },
  );
  await signIn("a@b.cc", "correct horse");
  expect(jar.set).toHaveBeenCalledWith({
    name: "__Host-ticketing",
    value: "MTY5-_",
    path: "/",
    maxAge: 86_400,
    httpOnly: true,
    secure: true,
    sameSite: "lax",
  });
});

test("a response that removes a cookie is passed on", async () => {
  handle = answer(200, { id: "u1" }, { "Set-Cookie": "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax" });
  await signIn("a@b.cc", "correct horse");
  expect(jar.set).toHaveBeenCalledWith({
    name: "session",
    value: "",
    path: "/",
    maxAge: 0,
    httpOnly: true,
    sameSite: "lax",
  });
});

test.each([
  ["ends it", 200, true],
  ["is away", 503, false],
  ["is broken", 500, false],
  ["refuses", 403, false],
])("signing out removes the cookie, also when auth %s", async (_, status, ok) => {
  handle = answer(status, {});
  expect((await signOut()).ok).toBe(ok);
  expect(jar.delete).toHaveBeenCalledWith({ name: "__Host-ticketing", path: "/", secure: true });
  expect(jar.delete).toHaveBeenCalledWith({ name: "ticketing", path: "/", secure: false });
  // auth removes it if it's a session; another program's stays
  expect(jar.delete.mock.calls.some(([cookie]) => cookie.name === "session")).toBe(!ok);
});

test("a visitor whose session auth can't check isn't treated as signed out", async () => {
  handle = (_, response) => response.destroy();
  for (const held of ["session", "__Host-ticketing", "ticketing"]) {
    jar.has.mockImplementation((name) => name === held);
    expect(await visitor()).toBe("unknown");
  }
  handle = answer(500, {});
  expect(await visitor()).toBe("unknown");
  handle = answer(200, { currentUser: null });
  expect(await visitor()).toBe(null);
  jar.has.mockReturnValue(false);
  handle = answer(500, {});
  expect(await visitor()).toBe(null);
});
