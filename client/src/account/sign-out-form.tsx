"use client";

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
              <span className="block max-w-32 truncate text-muted text-sm sm:max-w-56" title={visitor.email}>
                <span className="sr-only">Signed in as </span>
                <span>{visitor.email}</span>
              </span>
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
