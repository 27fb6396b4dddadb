import Link from "next/link";

/** Links to older items and back to the newest. */
export function Pager({
  path,
  after,
  next,
  what,
}: {
  path: string;
  after?: string | undefined;
  next?: string | undefined;
  what: string;
}) {
  if (!after && !next) return null;
  return (
    <nav aria-label="Pages" className="mt-10 flex flex-wrap justify-between gap-3">
      {after ? (
        <Link href={path} prefetch={false} className="button button-quiet">
          {`Newest ${what}`}
        </Link>
      ) : (
        <span />
      )}
      {next && (
        <Link
          href={`${path}${path.includes("?") ? "&" : "?"}after=${next}`}
          prefetch={false}
          className="button button-quiet"
        >
          {`Older ${what}`}
        </Link>
      )}
    </nav>
  );
}
