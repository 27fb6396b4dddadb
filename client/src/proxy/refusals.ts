// Error pages for forms that Next would answer with a bare "Internal Server Error" or "Server Action
// unavailable."

import { askedHost } from "@/api/forwarded";
import { askSelf, isFromSelf } from "@/proxy/ask-self";
import { scriptless } from "@/proxy/scriptless";

// The largest form body, in bytes. Forms on a ticket's page can have a file of up to 5 MB. Next allows both sizes
// (serverActions.bodySizeLimit in next.config.ts).
const BODY_LIMIT = 1 << 20;
const FILE_LIMIT = 6 << 20;
const TAKES_FILE = /^\/tickets\/[^/]+$/;

export const refusals = {
  "another-site": {
    status: 403,
    title: "This form came from another site",
    text: "Forms work only on our own pages. Nothing was changed.",
  },
  "no-length": {
    status: 411,
    title: "This form can’t be read",
    text: "Your browser didn’t send its length. Nothing was changed.",
  },
  unreadable: {
    status: 400,
    title: "This form can’t be read",
    text: "It arrived damaged. Nothing was changed. Go back and try again.",
  },
  "too-long": {
    status: 413,
    title: "That’s too much text",
    text: "The form is over 1 MB long. Nothing was changed. Go back and shorten it.",
  },
  "too-large": {
    status: 413,
    title: "That file is too large",
    text: "It’s over 5 MB. Nothing was changed. Go back and choose a smaller one.",
  },
  outdated: {
    status: 409,
    title: "This page is out of date",
    text: "Ticketing was updated after you opened the page. Nothing was changed. Go back, copy what you typed, and reload the page.",
  },
} as const;

export type Refusal = keyof typeof refusals;

type Asked = { method: string; headers: Headers; url: string };

/** Why a request must be refused, judging by its headers. */
export function refusalOf({ method, headers, url }: Asked): Refusal | null {
  if (method !== "POST" || isFromSelf(headers)) return null;
  if (isForeign(headers)) return "another-site";
  const length = headers.get("content-length");
  if (length === null && headers.has("transfer-encoding")) return "no-length";
  if (TAKES_FILE.test(new URL(url).pathname)) return Number(length) > FILE_LIMIT ? "too-large" : null;
  return Number(length) > BODY_LIMIT ? "too-long" : null;
}

function isForeign(headers: Headers): boolean {
  if (["cross-site", "same-site"].includes(headers.get("sec-fetch-site") ?? "")) return true;
  const origin = headers.get("origin");
  if (origin === null) return false;
  // "null" is what a sandboxed page sends, and a browser that hides where a form comes from.
  if (origin === "null") return headers.get("sec-fetch-site") !== "same-origin";
  if (!URL.canParse(origin)) return true;
  return new URL(origin).host !== askedHost(headers);
}

/** Whether a request is a form submitted without JavaScript. */
export function isPlainForm({ method, headers }: { method: string; headers: Headers }): boolean {
  const type = headers.get("content-type") ?? "";
  return (
    method === "POST" &&
    type.startsWith("multipart/form-data") &&
    !headers.has("next-action") &&
    !isFromSelf(headers)
  );
}

/** Has Next answer such a form. One that's damaged, or older than this server, gets a page that says so. */
export async function answerForm(
  url: URL,
  headers: Headers,
  body: Request["body"],
): Promise<Response | null> {
  const form = await new Response(body).blob();
  if (!(await isReadable(form, headers))) return refuse("unreadable", headers);
  const answer = await askSelf(url.pathname + url.search, headers, form.stream());
  if (!answer) return null;
  if (answer.headers.has("x-nextjs-action-not-found")) return refuse("outdated", headers);
  // Next requires absolute URLs from a proxy, and makes them relative again.
  const told = new Headers(answer.headers);
  const location = told.get("location");
  if (location) {
    const target = new URL(location, url);
    const why = /^\/refused\/([a-z-]+)$/.exec(target.pathname)?.[1];
    if (why && Object.hasOwn(refusals, why)) return refuse(why as Refusal, headers);
    told.set("location", target.href);
  }
  return new Response(answer.body, { status: answer.status, headers: told });
}

async function isReadable(form: Blob, headers: Headers): Promise<boolean> {
  const type = headers.get("content-type") ?? "";
  const parsed = new Response(form, { headers: { "content-type": type } }).formData();
  return parsed.then(
    () => true,
    () => false,
  );
}

/** The answer to a request that can't be taken: a page, or for a script its text. */
export async function refuse(why: Refusal, headers: Headers): Promise<Response> {
  const { status, text } = refusals[why];
  const asPage = new Headers(headers);
  for (const name of ["content-type", "origin"]) asPage.delete(name);
  const page = headers.has("next-action") ? null : await scriptless(`/refused/${why}`, asPage, status);
  return page ?? new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
