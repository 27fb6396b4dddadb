// Pages without scripts. Next's and React's own are many times as large as all the rest of the landing page,
// and it has nothing for them to do: links and forms work by themselves
// (docs/decisions/0015-the-landing-page-has-no-scripts.md).

import { askSelf, isFromSelf } from "@/proxy/ask-self";

/** Whether a request is for a whole page that needs no scripts. */
export function isScriptless(request: Request): boolean {
  const { pathname } = new URL(request.url);
  const { headers, method } = request;
  return pathname === "/" && method === "GET" && isNavigation(headers) && !isFromSelf(headers);
}

/**
 * Whether the browser loads a document. Next's router fetches a page's data from the same address, and Next
 * removes its headers before proxy.ts sees them. Browsers without fetch metadata name the type they accept.
 */
function isNavigation(headers: Headers): boolean {
  const dest = headers.get("sec-fetch-dest");
  return dest ? dest === "document" : (headers.get("accept") ?? "").includes("text/html");
}

/** Renders the page at a path without its scripts. null if that fails. */
export async function scriptless(path: string, headers: Headers, status = 200): Promise<Response | null> {
  const made = await askSelf(path, headers);
  if (!made?.ok || !made.headers.get("content-type")?.startsWith("text/html")) return null;
  return new Response(withoutScripts(await made.text()), {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": made.headers.get("cache-control") ?? "no-store",
    },
  });
}

/** React escapes what would end or begin an element, so that the elements are where they seem to be. */
export function withoutScripts(html: string): string {
  return html
    .replace(/<script\b[^>]*>[\s\S]*?<\/script>/g, "")
    .replace(/<link\b[^>]*\bas="script"[^>]*>/g, "")
    .replace(/ nonce="[^"]*"(?=[^<>]*>)/g, "");
}
