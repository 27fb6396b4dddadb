/**
 * Where to go after signing in: the path asked for if it is one of this site's own, else the front page.
 * A link to the sign-in page must not lead to another site after signing in.
 */
export function ownPath(path: unknown): string {
  if (typeof path !== "string" || !path.startsWith("/")) return "/";
  // Browsers read "\" as "/" and drop tabs and line breaks: "/\evil.example" is "//evil.example".
  const home = "http://own.invalid";
  if (!URL.canParse(path, home)) return "/";
  const url = new URL(path, home);
  if (url.origin !== home) return "/";
  const own = url.pathname + url.search;
  return own.startsWith("//") ? "/" : own;
}
