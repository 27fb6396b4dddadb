// Pages without scripts. Next's and React's own are many times as large as all the rest of the landing page,
// and it has nothing for them to do: links and forms work by themselves
// (docs/decisions/0015-the-landing-page-has-no-scripts.md).

import { askSelf, isFromSelf } from "@/proxy/ask-self";

/** Whether a request is for a whole page that needs no scripts. */
export function isScriptless(request: Request): boolean {
  const { pathname } = new URL(request.url);
  // Within the client, Next asks for a page's data with this header.
  const isPage = !request.headers.has("rsc") && !isFromSelf(request.headers);
  return pathname === "/" && request.method === "GET" && isPage;
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
