// The one module that talks to the services. It reads and writes on behalf of the visitor whose request
// is being answered, and turns every response into a typed value, so no other module looks at status codes.

import { createHmac } from "node:crypto";
import { cookies, headers } from "next/headers";
import { cache } from "react";
import { HOST_NAME, OLD_NAME, sessionNames } from "@/account/session-cookies";
import { type ServiceName, serviceUrl } from "@/api/config";
import { forwardedHeaders } from "@/api/forwarded";
import type { components } from "@/api/schema";
import { setCookiesIn } from "@/api/set-cookies";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type Session = Schemas["Session"];
export type Ticket = Schemas["Ticket"];
export type Order = Schemas["Order"];
export type Charge = Schemas["Charge"];
export type Sales = Schemas["Sales"];
export type PrivatePart = Schemas["PrivatePart"];

/** An error message for the user. field names the form field it belongs to. */
export type Message = Schemas["Problem"]["errors"][number];

/**
 * - not-authorized: there is no session, or the resource belongs to another user
 * - missing: it doesn't exist, or the service hasn't heard of it yet
 * - declined: the card was
 * - other-user: the signed-in user isn't the one the page was rendered for
 * - in-progress: the first submission of this form has no outcome yet
 * - refused: the request is malformed, or not possible in the present state
 * - unavailable: a service is away, too slow or broken; the same request may succeed later
 */
export type ProblemKind =
  | "not-authorized"
  | "missing"
  | "declined"
  | "other-user"
  | "in-progress"
  | "refused"
  | "unavailable";

/** What kind of problem it is, as services say it. See the pages at these paths. */
export type ProblemType = Schemas["Problem"]["type"];

export type Problem = { kind: ProblemKind; type?: ProblemType; errors: Message[] };

export type Outcome<T> = { ok: true; value: T } | { ok: false; problem: Problem };

/** A page of a list, newest first. next is what to ask for as `after` to get the older ones. */
export type Page<T> = { items: T[]; next?: string };

/** Thrown by reads that have no answer to show. The error page offers to try again. */
export class Unavailable extends Error {
  override name = "Unavailable";
}

// Deadlines in milliseconds. The services give Stripe up to half a minute.
const READ = 5_000;
const WRITE = 10_000;
const PAY = 35_000;
const UPLOAD = 35_000;

// For how long another service may not have heard of a thing that was made just now.
const NEWS = 5_000;
const NEWS_PAUSE = 150;

const AWAY: Message = { message: "Something went wrong. Please try again in a moment." };

/** The form's key, and the id of the user its page shows. Either may be empty. */
export type Sender = { formKey: string; as: string };

type Call = {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  /** Sent as the body. */
  file?: File;
  deadline?: number;
  sender?: Sender | undefined;
  /** The session was opened by this same Server Action, so the request's own cookies don't have it. */
  newSession?: boolean;
  /** The thing was made just now by another service: a 404 may pass. */
  news?: boolean;
};

/**
 * The signed-in user, read once per request, or null if signed out. Throws Unavailable if there's a session
 * that auth can't check.
 */
export const currentUser = cache(async (): Promise<User | null> => {
  const jar = await cookies();
  if (!sessionNames().some((name) => jar.has(name))) return null;
  const answer = await call<{ currentUser: User | null }>("auth", "/api/users/currentuser");
  return readable(answer).currentUser;
});

/** The signed-in user, null if signed out, or "unknown" if auth can't check the session right now. */
export type Visitor = User | null | "unknown";

export async function visitor(): Promise<Visitor> {
  return currentUser().catch(() => "unknown" as const);
}

export type NewUser = { email: string; password: string; name: string };

/** An empty name means no display name. */
export async function signUp(user: NewUser, sender?: Sender): Promise<Outcome<User>> {
  return openSession("/api/users/signup", user, sender);
}

export async function signIn(email: string, password: string): Promise<Outcome<User>> {
  return openSession("/api/users/signin", { email, password });
}

/** The user's display name, empty if not set. null if signed out. */
export async function readName(): Promise<string | null> {
  const profile = readableOrNull(await call<Schemas["Profile"]>("auth", "/api/users/profile"));
  return profile ? profile.name : null;
}

export async function editName(name: string, sender?: Sender): Promise<Outcome<unknown>> {
  const options: Call = { method: "PUT", body: { name }, deadline: WRITE, sender };
  return outcome(await call("auth", "/api/users/profile", options));
}

/** Emails a link for a new password, if the address has an account and the site sends mail. */
export async function forgetPassword(email: string): Promise<Outcome<{ mailed: boolean }>> {
  const options: Call = { method: "POST", body: { email }, deadline: WRITE };
  return outcome(await call("auth", "/api/users/password-reset", options));
}

/** Sets a new password with the token from an emailed link. It ends all of the user's sessions. */
export async function resetPassword(token: string, password: string): Promise<Outcome<unknown>> {
  const options: Call = { method: "PUT", body: { token, password }, deadline: WRITE };
  return outcome(await call("auth", "/api/users/password-reset", options));
}

/** Changes the user's password and ends their other sessions. */
export async function changePassword(
  currentPassword: string,
  password: string,
  sender: Sender,
): Promise<Outcome<unknown>> {
  return openSession("/api/users/password", { currentPassword, password }, sender, WRITE, "PUT");
}

export async function confirmEmail(token: string): Promise<Outcome<unknown>> {
  const options: Call = { method: "PUT", body: { token }, deadline: WRITE };
  return outcome(await call("auth", "/api/users/confirmation", options));
}

/** Removes the session cookie whatever auth says, unless another user has signed in meanwhile. */
export async function signOut(sender?: Sender): Promise<Outcome<unknown>> {
  const ended = await openSession("/api/users/signout", {}, sender, READ);
  if (ended.ok || ended.problem.kind !== "other-user") await forgetSession(ended.ok);
  return ended;
}

/** The user's sessions, or null if this one has just ended. */
export async function listSessions(): Promise<Session[] | null> {
  return readableOrNull(await call<Session[]>("auth", "/api/users/sessions"));
}

export async function endSession(id: string, sender?: Sender): Promise<Outcome<unknown>> {
  const path = `/api/users/sessions/${encodeURIComponent(id)}`;
  return outcome(await call("auth", path, { method: "DELETE", deadline: WRITE, sender }));
}

/** Signs the user out of all browsers, this one too. */
export async function endEverySession(sender?: Sender): Promise<Outcome<unknown>> {
  const answer = await call("auth", "/api/users/sessions", { method: "DELETE", deadline: WRITE, sender });
  const ended = outcome(answer);
  if (ended.ok) await forgetSession(true);
  return ended;
}

/** If auth has ended the session, a cookie of the old name that is still there belongs to another program. */
async function forgetSession(ended: boolean): Promise<void> {
  const jar = await cookies();
  for (const name of sessionNames()) {
    if (!ended || name !== OLD_NAME) jar.delete({ name, path: "/", secure: name === HOST_NAME });
  }
}

export async function listTickets(options: {
  after?: string | undefined;
  limit: number;
}): Promise<Page<Ticket>> {
  return list("tickets", "/api/tickets", options);
}

/** Lists tickets by a search, with the number of all that match (up to 1,000). null if the API refuses the search. */
export async function searchTickets(
  query: Record<string, string | number | undefined>,
): Promise<(Page<Ticket> & { total?: number }) | null> {
  const answer = await ask<Ticket[]>("tickets", "/api/tickets", query);
  if (answer?.status === 400) return null;
  const total = answer?.headers.get("Total-Count");
  return total ? { ...pageOf(answer), total: Number(total) } : pageOf(answer);
}

/** The user's own tickets, of all states or one. */
export async function listOwnTickets(options: {
  status?: Ticket["status"] | undefined;
  after?: string | undefined;
  limit: number;
}): Promise<Page<Ticket>> {
  return list("tickets", "/api/tickets", { ...options, seller: "me" });
}

/** The totals of the user's sales. */
export async function readSales(): Promise<Sales> {
  return readable(await call<Sales>("tickets", "/api/tickets/sales/summary"));
}

/** null if the ticket doesn't exist. Read once per request. */
export const readTicket = cache(refetchTicket);

export async function refetchTicket(id: string): Promise<Ticket | null> {
  const answer = await call<Ticket>("tickets", `/api/tickets/${encodeURIComponent(id)}`);
  return readableOrNull(answer);
}

export async function createTicket(offer: Offer, sender?: Sender): Promise<Outcome<Ticket>> {
  const options: Call = { method: "POST", body: offer, deadline: WRITE, sender };
  return outcome(await call("tickets", "/api/tickets", options));
}

export async function editTicket(id: string, offer: Offer, sender?: Sender): Promise<Outcome<Ticket>> {
  const path = `/api/tickets/${encodeURIComponent(id)}`;
  return outcome(await call("tickets", path, { method: "PUT", body: offer, deadline: WRITE, sender }));
}

export async function withdrawTicket(id: string, sender?: Sender): Promise<Outcome<unknown>> {
  const path = `/api/tickets/${encodeURIComponent(id)}`;
  return outcome(await call("tickets", path, { method: "DELETE", deadline: WRITE, sender }));
}

/**
 * What the seller gives the buyer of a ticket. null if the user is neither its seller nor, as far as tickets knows, its
 * buyer. Reading it as the buyer records that the buyer has opened it. Read once per request.
 */
export const readPrivatePart = cache(async (ticketId: string): Promise<PrivatePart | null> => {
  return readableOrNull(await call<PrivatePart>("tickets", privatePath(ticketId)));
});

export async function givePrivatePart(
  ticketId: string,
  text: string,
  sender?: Sender,
): Promise<Outcome<PrivatePart>> {
  const options: Call = { method: "PUT", body: { text }, deadline: WRITE, sender };
  return outcome(await call("tickets", privatePath(ticketId), options));
}

/** Gives the buyer a file, which replaces any text. */
export async function givePrivateFile(
  ticketId: string,
  file: File,
  sender?: Sender,
): Promise<Outcome<PrivatePart>> {
  const options: Call = { method: "PUT", file, deadline: UPLOAD, sender };
  const path = `${privatePath(ticketId)}/file?name=${encodeURIComponent(file.name)}`;
  return outcome(await call("tickets", path, options));
}

export async function removePrivatePart(ticketId: string, sender?: Sender): Promise<Outcome<void>> {
  return outcome(await call("tickets", privatePath(ticketId), { method: "DELETE", deadline: WRITE, sender }));
}

const privatePath = (ticketId: string) => `/api/tickets/${encodeURIComponent(ticketId)}/private`;

/** price is null if the input isn't a price. The service refuses that, along with any other errors. */
export type Offer = Pick<Ticket, "title" | "event" | "description" | "seat"> & { price: number | null };

/** What a list of orders can be narrowed to. */
export const orderStates = ["open", "paid", "ended"] as const;
export type OrderState = (typeof orderStates)[number];

export async function listOrders(options: {
  state?: OrderState | undefined;
  after?: string | undefined;
  limit: number;
}): Promise<Page<Order>> {
  return list("orders", "/api/orders", options);
}

// More than a user can have open by default.
const OPEN = 10;

/** The user's unpaid order that ends first, if there is one and orders responds. */
export async function readHeld(): Promise<Order | undefined> {
  const open = await listOrders({ state: "open", limit: OPEN }).catch(() => undefined);
  const unpaid = open?.items.filter((o) => o.status === "created" && Date.parse(o.expiresAt) > Date.now());
  return unpaid?.sort((a, b) => Date.parse(a.expiresAt) - Date.parse(b.expiresAt))[0];
}

/** null if the order doesn't exist or belongs to another user. Read once per request. */
export const readOrder = cache(refetchOrder);

export async function refetchOrder(id: string): Promise<Order | null> {
  const answer = await call<Order>("orders", `/api/orders/${encodeURIComponent(id)}`);
  return readableOrNull(answer);
}

/** A ticket, with the price and title the buyer saw. If they've changed, the order is refused. */
export type Wish = { ticketId: string; price?: number; title?: string };

export async function placeOrder(wish: Wish, sender?: Sender, newSession = false): Promise<Outcome<Order>> {
  const options: Call = { method: "POST", body: wish, deadline: WRITE, news: true, sender, newSession };
  return outcome(await call("orders", "/api/orders", options));
}

export async function cancelOrder(id: string, sender?: Sender): Promise<Outcome<unknown>> {
  const path = `/api/orders/${encodeURIComponent(id)}`;
  return outcome(await call("orders", path, { method: "DELETE", deadline: WRITE, sender }));
}

export async function listCharges(options: {
  after?: string | undefined;
  limit: number;
}): Promise<Page<Charge>> {
  return list("payments", "/api/payments", options);
}

/** The payment of one of the user's orders, if there is one. Read once per request. */
export const readCharge = cache(async (orderId: string): Promise<Charge | undefined> => {
  const answer = await call<Charge[]>("payments", `/api/payments?orderId=${encodeURIComponent(orderId)}`);
  return readable(answer)[0];
});

/** Pays an order, or returns its payment if there is one already. Calling it twice never pays twice. */
export async function pay(orderId: string, token: string, sender?: Sender): Promise<Outcome<Charge>> {
  const options: Call = { method: "POST", body: { orderId, token }, deadline: PAY, news: true, sender };
  return outcome(await call("payments", "/api/payments", options));
}

/** Cancels a payment that's waiting for the payer's bank. Any other stays as it is. */
export async function cancelPayment(orderId: string, sender?: Sender): Promise<Outcome<Charge>> {
  const path = `/api/payments/${encodeURIComponent(orderId)}/cancel`;
  return outcome(await call("payments", path, { method: "POST", body: {}, deadline: PAY, sender }));
}

/** null means no response. */
type Answer<T> = { status: number; body: T; headers: Headers } | null;

async function call<T>(service: ServiceName, path: string, options: Call = {}): Promise<Answer<T>> {
  const until = Date.now() + NEWS;
  for (;;) {
    const answer = await send<T>(service, path, options);
    const passing = answer?.status === 404 && options.news && Date.now() + NEWS_PAUSE < until;
    if (!passing) return answer;
    await new Promise((resolve) => setTimeout(resolve, NEWS_PAUSE));
  }
}

async function send<T>(service: ServiceName, path: string, options: Call): Promise<Answer<T>> {
  const method = options.method ?? "GET";
  const request: RequestInit = {
    method,
    headers: await forwarded(options.newSession),
    cache: "no-store",
    signal: AbortSignal.timeout(options.deadline ?? READ),
  };
  if (options.body !== undefined) {
    request.body = JSON.stringify(options.body);
    (request.headers as Headers).set("Content-Type", "application/json");
  }
  if (options.file) {
    request.body = options.file;
    (request.headers as Headers).set("Content-Type", options.file.type || "application/octet-stream");
  }
  const { formKey, as } = options.sender ?? {};
  if (as) (request.headers as Headers).set("Expected-User", as);
  if (formKey && method === "POST") {
    (request.headers as Headers).set("Idempotency-Key", idempotencyKey(formKey, path, request.body));
  }
  try {
    const response = await fetch(serviceUrl(service) + path, request);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    console.error(`client: ${method} ${path} at ${service}: ${cause}`);
    return null;
  }
}

/**
 * The key of one attempt: resubmitting an unchanged form gives the same key, and a corrected form a new one.
 * Without the form's key, it reveals nothing about the body.
 */
function idempotencyKey(formKey: string, path: string, body: RequestInit["body"]): string {
  return `"${createHmac("sha256", formKey).update(`POST ${path}\n${body}`).digest("base64url")}"`;
}

/** The headers of the visitor's request that services need. cookies() would keep only the last of several sessions. */
async function forwarded(newSession = false): Promise<Headers> {
  return forwardedHeaders(await headers(), newSession ? await cookiesSoFar() : undefined);
}

/** The request's cookies with those that this Server Action has set, as a Cookie header. */
async function cookiesSoFar(): Promise<string> {
  const jar = await cookies();
  return jar
    .getAll()
    .map(({ name, value }) => `${name}=${value}`)
    .join("; ");
}

/** Passes on to the visitor the cookies that auth sets. Only Server Actions can. */
async function openSession(
  path: string,
  body: unknown,
  sender?: Sender,
  deadline = WRITE,
  method: "POST" | "PUT" = "POST",
): Promise<Outcome<User>> {
  const answer = await call<User>("auth", path, { method, body, deadline, sender });
  if (answer) {
    const jar = await cookies();
    for (const cookie of setCookiesIn(answer.headers)) jar.set(cookie);
  }
  return outcome(answer);
}

async function list<T>(
  service: ServiceName,
  path: string,
  query: Record<string, string | number | undefined>,
): Promise<Page<T>> {
  return pageOf(await ask<T[]>(service, path, query));
}

function ask<T>(
  service: ServiceName,
  path: string,
  query: Record<string, string | number | undefined>,
): Promise<Answer<T>> {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return call<T>(service, `${path}?${search}`);
}

function pageOf<T>(answer: Answer<T[]>): Page<T> {
  const items = readable(answer);
  const next = nextAfter(answer?.headers.get("Link"));
  return next === undefined ? { items } : { items, next };
}

/** The `after` of a Link header's next page (RFC 8288), such as `</api/tickets?after=…>; rel="next"`. */
export function nextAfter(link: string | null | undefined): string | undefined {
  const target = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1];
  return (target && new URL(target, "http://service").searchParams.get("after")) || undefined;
}

function outcome<T>(answer: Answer<T>): Outcome<T> {
  if (answer && answer.status >= 200 && answer.status < 300) return { ok: true, value: answer.body };
  const { type, errors } = (answer?.body ?? {}) as Partial<Schemas["Problem"]>;
  const problem: Problem = { kind: kindOf(answer?.status), errors: errors?.length ? errors : [AWAY] };
  if (type) problem.type = type;
  return { ok: false, problem };
}

function kindOf(status = 0): ProblemKind {
  if (status === 401) return "not-authorized";
  if (status === 402) return "declined";
  if (status === 404) return "missing";
  if (status === 409) return "in-progress";
  if (status === 412) return "other-user";
  return status >= 400 && status < 500 ? "refused" : "unavailable";
}

function readable<T>(answer: Answer<T>): T {
  const result = outcome(answer);
  if (result.ok) return result.value;
  throw new Unavailable(result.problem.errors.map((e) => e.message).join(" "));
}

function readableOrNull<T>(answer: Answer<T>): T | null {
  const absent = answer?.status === 404 || answer?.status === 401;
  return absent ? null : readable(answer);
}
