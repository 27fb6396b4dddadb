import Link from "next/link";
import { SignOutForm } from "@/account/sign-out-form";
import type { Order, Visitor } from "@/api/services";
import { NavLink } from "@/layout/nav-link";
import { Hold } from "@/order/hold";

/** held is the user's unpaid order that ends first. */
export function SiteHeader({
  visitor,
  held,
  now,
}: {
  visitor: Visitor;
  held?: Order | undefined;
  now: number;
}) {
  return (
    <header className="border-line border-b bg-card print:hidden">
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
          {visitor && <NavLink href="/my-tickets">Selling</NavLink>}
          {visitor && <NavLink href="/orders">Purchases</NavLink>}
          {held && <Hold key={held.id} orderId={held.id} expiresAt={held.expiresAt} now={now} />}
        </nav>
        <div className="ml-auto flex min-w-0 items-center gap-1">
          {visitor ? (
            <SignOutForm visitor={visitor} />
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
