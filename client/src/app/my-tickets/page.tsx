import type { Metadata } from "next";
import Link from "next/link";
import { requireUser } from "@/account/session";
import { listOwnTickets, type Ticket } from "@/api/services";
import { Empty } from "@/layout/empty";
import { madeAt } from "@/layout/format";
import { page } from "@/layout/page";
import { Pager } from "@/layout/pager";
import { afterOf, type Search } from "@/layout/params";
import { Time } from "@/layout/time";
import { EventLines } from "@/ticket/event-lines";
import { hasStarted } from "@/ticket/occasion";
import { TicketCard } from "@/ticket/ticket-card";

export const metadata: Metadata = { title: "Selling" };

const PAGE = 24;

const states: Record<Ticket["status"], string> = {
  available: "For sale",
  reserved: "Sale pending",
  sold: "Sold",
  withdrawn: "Withdrawn",
};

export default page(MyTickets);

async function MyTickets({ searchParams }: { searchParams: Search }) {
  await requireUser("/my-tickets");
  const after = await afterOf(searchParams);
  const tickets = await listOwnTickets({ after, limit: PAGE });
  const now = new Date();
  return (
    <>
      <div className="mb-8 flex flex-wrap items-end justify-between gap-4">
        <h1 className="text-4xl">Selling</h1>
        <Link href="/sell" prefetch={false} className="button">
          Sell a ticket
        </Link>
      </div>
      {tickets.items.length > 0 ? (
        <ul className="grid gap-5 sm:grid-cols-2 lg:grid-cols-3">
          {tickets.items.map((ticket) => (
            <li key={ticket.id}>
              <TicketCard
                heading="h2"
                ticket={ticket}
                href={`/tickets/${ticket.id}`}
                spent={ticket.status === "sold" || ticket.status === "withdrawn"}
                note={
                  <>
                    <EventLines ticket={ticket} />
                    <strong className="text-(--print)">
                      {ticket.status === "available" && hasStarted(ticket, now)
                        ? "Event started"
                        : states[ticket.status]}
                    </strong>{" "}
                    · listed <Time at={madeAt(ticket.id).toISOString()} style="date" />
                  </>
                }
              />
            </li>
          ))}
        </ul>
      ) : (
        <Empty title="You haven’t listed any tickets">
          <p>Can’t make it? Sell your ticket to someone who can.</p>
        </Empty>
      )}
      <Pager
        path="/my-tickets"
        after={after}
        next={tickets.next}
        first="Newest tickets"
        more="Older tickets"
      />
    </>
  );
}
