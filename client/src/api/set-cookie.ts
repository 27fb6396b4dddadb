/** A cookie in the form that Next's cookies().set takes. */
export type Cookie = {
  name: string;
  value: string;
  path?: string;
  /** Seconds; 0 removes the cookie. */
  maxAge?: number;
  httpOnly?: boolean;
  secure?: boolean;
  sameSite?: "lax" | "strict" | "none";
};

/** Reads a Set-Cookie header (RFC 6265 §4.1). Domain and Expires are not read: the services set neither. */
export function parseSetCookie(header: string): Cookie | undefined {
  const [pair = "", ...attributes] = header.split(";").map((part) => part.trim());
  const [name, value] = split(pair);
  if (!name || value === undefined) return undefined;
  const cookie: Cookie = { name, value };
  for (const attribute of attributes) {
    const [key, setting = ""] = split(attribute);
    switch (key.toLowerCase()) {
      case "path":
        cookie.path = setting;
        break;
      case "max-age":
        cookie.maxAge = Number(setting);
        break;
      case "httponly":
        cookie.httpOnly = true;
        break;
      case "secure":
        cookie.secure = true;
        break;
      case "samesite": {
        const sameSite = setting.toLowerCase();
        if (sameSite === "lax" || sameSite === "strict" || sameSite === "none") cookie.sameSite = sameSite;
      }
    }
  }
  return cookie;
}

/** Parts a text at its first "=". */
function split(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
