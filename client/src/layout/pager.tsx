import Link from "next/link";
import type { Trail } from "@/layout/params";

/** Links to the next page of a list, the one before, and the first one. */
export function Pager({
  path,
  after,
  trail,
  next,
  first,
  more,
}: {
  path: string;
  after?: string | undefined;
  trail?: Trail | undefined;
  next?: string | undefined;
  /** What the links say. */
  first: string;
  more: string;
}) {
  if (!after && !next) return null;
  return (
    <nav aria-label="Pages" className="mt-10 flex flex-wrap gap-3">
      {after && (
        <PageLink href={path} rel="first">
          {first}
        </PageLink>
      )}
      {after && trail && (
        <PageLink href={previousPath(path, trail)} rel="prev">
          Previous
        </PageLink>
      )}
      {next && (
        <PageLink href={nextPath(path, next, after, trail)} rel="next">
          {more}
        </PageLink>
      )}
    </nav>
  );
}

function PageLink({ href, rel, children }: { href: string; rel: string; children: string }) {
  return (
    <Link
      href={href}
      rel={rel}
      prefetch={false}
      className={`button button-quiet ${rel === "next" ? "ml-auto" : ""}`}
    >
      {children}
    </Link>
  );
}

// The API pages forward, so the address remembers where the pages before this one begin. Proxies limit how long an
// address can be.
const LONGEST_TRAIL = 1500;

export function nextPath(path: string, next: string, after?: string, trail: Trail = []): string {
  const passed = after ? [...trail, after] : [];
  while (passed.join(".").length > LONGEST_TRAIL) passed.shift();
  return pagePath(path, next, passed);
}

export function previousPath(path: string, trail: Trail): string {
  const after = trail.at(-1);
  return after ? pagePath(path, after, trail.slice(0, -1)) : path;
}

function pagePath(path: string, after: string, trail: Trail): string {
  const query = new URLSearchParams({ after, trail: trail.join(".") });
  return `${path}${path.includes("?") ? "&" : "?"}${query}`;
}
