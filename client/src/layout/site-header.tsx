import Link from "next/link";
import { submitSignOut } from "@/account/actions";
import type { Visitor } from "@/api/services";
import { VIEWER, viewerField } from "@/form/form-state";
import { NavLink } from "@/layout/nav-link";

export function SiteHeader({ visitor }: { visitor: Visitor }) {
  return (
    <header className="border-line border-b bg-card">
      <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2 sm:px-6">
        <Link
          href="/"
          prefetch={false}
          className="flex min-h-11 items-center gap-2.5 font-bold font-display text-xl"
        >
          <Logo />
          Ticketing
        </Link>
        <nav
          aria-label="Main"
          className="-mx-2.5 order-last flex w-full flex-wrap sm:order-none sm:mx-0 sm:w-auto"
        >
          <NavLink href="/sell">Sell a ticket</NavLink>
          {visitor && <NavLink href="/my-tickets">My tickets</NavLink>}
          {visitor && <NavLink href="/orders">My orders</NavLink>}
        </nav>
        <div className="ml-auto flex min-w-0 items-center gap-1">
          {visitor ? (
            <form action={submitSignOut} className="flex min-w-0 items-center gap-1">
              {visitor !== "unknown" && <input type="hidden" name={VIEWER} value={viewerField(visitor)} />}
              {visitor === "unknown" ? (
                <span className="text-muted text-sm">We can’t check your account right now</span>
              ) : (
                <span className="hidden max-w-56 truncate text-muted text-sm md:block" title={visitor.email}>
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
            </form>
          ) : (
            <>
              <NavLink href="/signin">Sign in</NavLink>
              <NavLink href="/signup">Sign up</NavLink>
            </>
          )}
        </div>
      </div>
    </header>
  );
}

function Logo() {
  return (
    <svg aria-hidden="true" viewBox="3 7 26 18" className="h-6 text-accent">
      <path fill="currentColor" d="M4 8h24v5a3 3 0 0 0 0 6v5H4v-5a3 3 0 0 0 0-6z" />
      <path className="stroke-card" strokeWidth="2" strokeDasharray="2.5 2.5" d="M20 9v14" />
    </svg>
  );
}
