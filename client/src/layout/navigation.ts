/**
 * Whether a browser is loading a document. Next's router fetches a page's data from the same address, and Next
 * removes its headers before proxy.ts sees them. Browsers without fetch metadata name the type they accept.
 */
export function isNavigation(headers: Pick<Headers, "get">): boolean {
  const dest = headers.get("sec-fetch-dest");
  return dest ? dest === "document" : (headers.get("accept") ?? "").includes("text/html");
}
