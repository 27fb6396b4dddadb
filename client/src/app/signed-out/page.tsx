import type { Metadata } from "next";
import Link from "next/link";

export const metadata: Metadata = { title: "Signed out" };

/** Shown after signing out when auth didn't confirm it. */
export default function SignedOut() {
  return (
    <div role="alert" className="mx-auto max-w-xl py-10 text-center">
      <h1 className="text-4xl">You're signed out here</h1>
      <p className="mt-4 mb-8 text-lg text-muted">
        We removed your session from this browser, but our sign-in service didn't respond to confirm it. If
        you share this computer, reload this page later and make sure it says "Sign in".
      </p>
      <Link href="/" prefetch={false} className="button">
        See all tickets
      </Link>
    </div>
  );
}
