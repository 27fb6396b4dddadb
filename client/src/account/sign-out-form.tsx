"use client";

import Link from "next/link";
import { submitSignOut } from "@/account/actions";
import type { Visitor } from "@/api/services";
import { ActionForm } from "@/form/action-form";
import { Viewer } from "@/form/viewer";

/** Shows who is signed in, with a button to sign out. */
export function SignOutForm({ visitor }: { visitor: NonNullable<Visitor> }) {
  return (
    <Viewer user={visitor === "unknown" ? null : visitor}>
      <ActionForm
        action={submitSignOut}
        label="Account"
        className="flex min-w-0 flex-wrap items-center gap-1"
      >
        {() => (
          <>
            {visitor === "unknown" ? (
              <span className="text-muted text-sm">We can’t check your account right now</span>
            ) : (
              <Link
                href="/sessions"
                prefetch={false}
                className="flex min-h-11 max-w-32 items-center text-muted text-sm hover:underline sm:max-w-56"
                title={`${visitor.email}: your sessions`}
              >
                <span className="sr-only">Signed in as </span>
                <span className="truncate">{visitor.email}</span>
                <span className="sr-only">: your sessions</span>
              </Link>
            )}
            <button
              type="submit"
              className="min-h-11 rounded-md px-2.5 font-medium decoration-2 decoration-accent underline-offset-8 hover:underline"
            >
              Sign out
            </button>
          </>
        )}
      </ActionForm>
    </Viewer>
  );
}
