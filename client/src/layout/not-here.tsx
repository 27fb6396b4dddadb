import Link from "next/link";

/**
 * Says that there is no such thing. Pages render it themselves where Next would have them throw: what it
 * makes of a thrown notFound() is an empty page for visitors without JavaScript.
 */
export function NotHere() {
  return (
    <div className="mx-auto max-w-xl py-10 text-center">
      <meta name="robots" content="noindex" />
      <p aria-hidden="true" className="stamp text-accent text-5xl">
        404
      </p>
      <h1 className="mt-8 text-4xl">There is no such seat</h1>
      <p className="mt-4 mb-8 text-lg text-muted">
        What you are looking for is not here, or it is not yours to see.
      </p>
      <Link href="/" prefetch={false} className="button">
        See all tickets
      </Link>
    </div>
  );
}
