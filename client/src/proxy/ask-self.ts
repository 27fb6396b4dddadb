// Requests from the server to itself, whose responses proxy.ts can replace.

/** Marks such a request, so that proxy.ts doesn't forward it again. */
const MARK = "x-ticketing-as-made";

// Headers about a request's own connection or encoding, which must not be forwarded.
const OF_CONNECTION = [
  "connection",
  "content-length",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "accept-encoding",
  "expect",
];

export function isFromSelf(headers: Headers): boolean {
  return headers.has(MARK);
}

/** Sends a request to this server. null if that fails. */
export async function askSelf(
  path: string,
  headers: Headers,
  body?: ReadableStream<Uint8Array> | null,
): Promise<Response | null> {
  const asked = new Headers(headers);
  for (const name of OF_CONNECTION) asked.delete(name);
  // fetch sets Host itself, and Next compares a form's origin with this header first.
  if (!asked.has("x-forwarded-host")) asked.set("x-forwarded-host", asked.get("host") ?? "");
  asked.delete("host");
  asked.set(MARK, "1");
  const request: RequestInit & { duplex?: "half" } = {
    headers: asked,
    redirect: "manual",
    cache: "no-store",
  };
  if (body) Object.assign(request, { method: "POST", body, duplex: "half" });
  return fetch(`http://127.0.0.1:${process.env.PORT || 3000}${path}`, request).catch(() => null);
}
