import Link from "next/link";

/** Links to the next page of a list and back to the first one. */
export function Pager({
  path,
  after,
  next,
  first,
  more,
}: {
  path: string;
  after?: string | undefined;
  next?: string | undefined;
  /** What the links say. */
  first: string;
  more: string;
}) {
  if (!after && !next) return null;
  return (
    <nav aria-label="Pages" className="mt-10 flex flex-wrap justify-between gap-3">
      {after ? (
        <Link href={path} prefetch={false} className="button button-quiet">
          {first}
        </Link>
      ) : (
        <span />
      )}
      {next && (
        <Link
          href={`${path}${path.includes("?") ? "&" : "?"}after=${encodeURIComponent(next)}`}
          prefetch={false}
          className="button button-quiet"
        >
          {more}
        </Link>
      )}
    </nav>
  );
}
