import { parseSetCookie } from "set-cookie-parser";

const sameSites = ["lax", "strict", "none"] as const;

/** The cookies that a response sets, in the form that Next's cookies().set takes. */
export function setCookiesIn(headers: Headers) {
  return parseSetCookie(headers.getSetCookie(), { decodeValues: false })
    .filter(({ name }) => name !== "")
    .map(({ sameSite, ...cookie }) => {
      const known = sameSites.find((value) => value === sameSite?.toLowerCase());
      return known ? { ...cookie, sameSite: known } : cookie;
    });
}
