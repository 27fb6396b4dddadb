import Link from "next/link";
import type { ReactNode } from "react";
import type { Order } from "@/api/services";

export function Notice({
  title,
  alarming,
  children,
}: {
  title: string;
  alarming?: boolean;
  children: ReactNode;
}) {
  return (
    <div role={alarming ? "alert" : "status"} className="space-y-4 text-muted">
      <h2 tabIndex={-1} className={`text-2xl ${alarming ? "text-bad" : "text-ink"}`}>
        {title}
      </h2>
      {children}
    </div>
  );
}

/** Reloads the page, which refreshes by itself only with JavaScript. */
export function CheckAgain({ order }: { order: Order }) {
  return (
    <a href={`/orders/${order.id}`} className="link inline-block text-ink">
      Check again
    </a>
  );
}

export function BackToTicket({ order }: { order: Order }) {
  return (
    <div className="flex flex-wrap gap-3">
      <Link href={`/tickets/${order.ticket.id}`} prefetch={false} className="button">
        View ticket
      </Link>
      <Link href="/" prefetch={false} className="button button-quiet">
        More tickets
      </Link>
    </div>
  );
}
