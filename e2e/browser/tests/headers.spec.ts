// Security headers of pages, static files and the API, and a method that no route has.

import { expect, test } from "../fixtures.ts";

test("pages, static files and the API say that they can't be framed, and stay on https", async ({
  request,
}) => {
  const script = /\/_next\/static\/[^"]+\.css/.exec(await (await request.get("/signin")).text())?.[0] ?? "";
  for (const path of ["/", "/signin", script, "/api/tickets", "/api/users/currentuser"]) {
    for (const proto of ["http", "https"]) {
      const headers = (await request.get(path, { headers: { "X-Forwarded-Proto": proto } })).headers();
      expect(headers["x-content-type-options"], path).toBe("nosniff");
      expect(headers["content-security-policy"], path).toContain("frame-ancestors 'none'");
      expect(headers["content-security-policy"], path).toContain("base-uri 'none'");
      const policy = path === "/" || path === "/signin" ? "strict-origin-when-cross-origin" : "no-referrer";
      expect(headers["referrer-policy"], path).toBe(policy);
      const hsts = proto === "https" ? "max-age=31536000; includeSubDomains" : undefined;
      expect(headers["strict-transport-security"], `${path} over ${proto}`).toBe(hsts);
    }
  }
});

test("TRACE and form posts from sibling sites are refused", async ({ request }) => {
  for (const path of ["/", "/tickets/1", "/api/tickets"]) {
    const { status } = await request.fetch(path, { method: "TRACE" }).then((r) => ({ status: r.status() }));
    expect([404, 405], path).toContain(status);
  }
  for (const site of ["cross-site", "same-site"]) {
    const headers = { "Sec-Fetch-Site": site };
    const answer = await request.post("/signin", { headers, multipart: { email: "a@example.com" } });
    expect(answer.status(), site).toBe(403);
  }
});
