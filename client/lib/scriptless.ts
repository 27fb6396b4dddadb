// Pages without scripts. Next's and React's own are many times as large as all the rest of the landing page,
// and it has nothing for them to do: links and forms work by themselves
// (docs/decisions/0015-the-landing-page-has-no-scripts.md).

/** Marks the request for the page as Next makes it, so that its answer is not asked for once more. */
const AS_MADE = "x-ticketing-as-made";

// What a request says of its connection or its encoding, which is not that of the request made from it.
const OF_CONNECTION = ["host", "connection", "keep-alive", "transfer-encoding", "upgrade", "accept-encoding"];

/** Whether a request is for a whole page that needs no scripts. */
export function isScriptless(request: Request): boolean {
  const { pathname } = new URL(request.url);
  // Within the client, Next asks for a page's data with this header.
  const isPage = !request.headers.has("rsc") && !request.headers.has(AS_MADE);
  return pathname === "/" && request.method === "GET" && isPage;
}

/** Has this server make the page at a path, and takes out the scripts. null if it could not be made. */
export async function scriptless(path: string, headers: Headers): Promise<Response | null> {
  const asked = new Headers(headers);
  for (const name of OF_CONNECTION) asked.delete(name);
  asked.set(AS_MADE, "1");
  const made = await fetch(`http://127.0.0.1:${process.env.PORT || 3000}${path}`, {
    headers: asked,
    redirect: "manual",
    cache: "no-store",
  }).catch(() => null);
  if (!made?.ok || !made.headers.get("content-type")?.startsWith("text/html")) return null;
  return new Response(withoutScripts(await made.text()), {
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
