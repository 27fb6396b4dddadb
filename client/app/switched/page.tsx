import type { Metadata } from "next";
import Link from "next/link";
import { ownPath } from "@/lib/own-path";
import { page } from "@/lib/page";
import type { Search } from "@/lib/params";
import { requireUser } from "@/lib/session";

export const metadata: Metadata = { title: "Another account" };

export default page(Switched);

/** Where a form leads that was sent from a page of another user than the one who is signed in by now. */
async function Switched({ searchParams }: { searchParams: Search }) {
  const next = ownPath((await searchParams).next);
  const user = await requireUser(next);
  return (
    <div role="alert" className="mx-auto max-w-xl py-10 text-center">
      <h1 className="break-words text-4xl">{`You're signed in as ${user.email} now`}</h1>
      <p className="mt-4 mb-8 text-lg text-muted">
        The page you came from was opened under another account, so what you sent from it was stopped. Nothing
        has changed.
      </p>
      <Link href={next} prefetch={false} className="button">
        Go on as {user.email}
      </Link>
    </div>
  );
}
