// Pages without scripts. Next's and React's own are many times as large as all the rest of the landing page,
// and it has nothing for them to do: links and forms work by themselves
// (docs/decisions/0015-the-landing-page-has-no-scripts.md).

import { isNavigation } from "@/layout/navigation";
import { askSelf, isFromSelf } from "@/proxy/ask-self";

/** Whether a request is for a whole page that needs no scripts. */
export function isScriptless(request: Request): boolean {
  const { pathname } = new URL(request.url);
  const { headers, method } = request;
  return pathname === "/" && method === "GET" && isNavigation(headers) && !isFromSelf(headers);
}

/** Renders the page at a path without its scripts, with its own status or the given one. null if that fails. */
export async function scriptless(path: string, headers: Headers, status?: number): Promise<Response | null> {
  const made = await askSelf(path, headers);
  if (!made) return null;
  const isPage = made.headers.get("content-type")?.startsWith("text/html");
  // 503 is a page that says which service is away. Other errors have no page without scripts.
  if (!isPage || !(made.ok || made.status === 503)) return null;
  return new Response(withoutScripts(await made.text()), {
    status: status ?? made.status,
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
