import type { Metadata } from "next";
import Link from "next/link";
import { ownPath } from "@/account/own-path";
import { requireUser } from "@/account/session";
import { page } from "@/layout/page";
import type { Search } from "@/layout/params";

export const metadata: Metadata = { title: "Different account" };

export default page(Switched);

/** Shown after submitting a form from a page that was opened with a different account. */
async function Switched({ searchParams }: { searchParams: Search }) {
  const next = ownPath((await searchParams).next);
  const user = await requireUser(next);
  return (
    <div role="alert" className="mx-auto max-w-xl py-10 text-center">
      <h1 className="break-words text-4xl">{`You're now signed in as ${user.email}`}</h1>
      <p className="mt-4 mb-8 text-lg text-muted">
        You opened the previous page with a different account, so we didn’t accept what you submitted. Nothing
        has changed.
      </p>
      <Link href={next} prefetch={false} className="button">
        Continue as {user.email}
      </Link>
    </div>
  );
}
