import type { Metadata } from "next";
import Link from "next/link";

export const metadata: Metadata = { title: "Signed out" };

/** Where signing out leads when auth did not answer, or not as it should. */
export default function SignedOut() {
  return (
    <div role="alert" className="mx-auto max-w-xl py-10 text-center">
      <h1 className="text-4xl">You're signed out here</h1>
      <p className="mt-4 mb-8 text-lg text-muted">
        This browser has forgotten your session. Our sign-in service isn't answering right now and couldn't
        confirm it, so if you share this computer, reload this page later and make sure that it says "Sign
        in".
      </p>
      <Link href="/" prefetch={false} className="button">
        To the tickets
      </Link>
    </div>
  );
}
