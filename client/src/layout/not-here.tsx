import Link from "next/link";
import { setStatus } from "@/layout/status";

/**
 * The not-found page, with status 404. Pages render it instead of calling notFound(), which gives visitors
 * without JavaScript an empty page.
 */
export async function Missing() {
  await setStatus(404);
  return <NotHere />;
}

/** Next renders this along with every page, in case it's needed, and sets the status itself. */
export function NotHere() {
  return (
    <div className="mx-auto max-w-xl py-10 text-center">
      <meta name="robots" content="noindex" />
      <p aria-hidden="true" className="stamp text-accent text-5xl">
        404
      </p>
      <h1 className="mt-8 text-4xl">Page not found</h1>
      <p className="mt-4 mb-8 text-lg text-muted">
        It may have been removed, or you may not have access to it.
      </p>
      <Link href="/" prefetch={false} className="button">
        See all tickets
      </Link>
    </div>
  );
}
