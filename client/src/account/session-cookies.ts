/** The session cookie over https. Browsers take it only with Secure and Path=/, to remove it as well. */
export const HOST_NAME = "__Host-ticketing";
/** Its name in earlier releases, which other programs use, too. */
export const OLD_NAME = "session";

/** The names that a session cookie may have. Which cookie holds a good session, only the services can tell. */
export function sessionNames(): string[] {
  return [HOST_NAME, process.env.COOKIE_NAME || "ticketing", OLD_NAME];
}

/**
 * The sessions in a Cookie header (RFC 6265 §4.2.1), as they came and in their order, with the cookies by which
 * auth recognizes a device.
 */
export function sessionCookies(header: string | null): string {
  const names = sessionNames().flatMap((name) => [name, `${name}-device`]);
  const pairs = (header ?? "").split(";").map((pair) => pair.trim());
  return pairs.filter((pair) => names.some((name) => pair.startsWith(`${name}=`))).join("; ");
}
