import type { Metadata } from "next";
import Link from "next/link";
import { requireUser } from "@/account/session";
import { listOwnTickets, readSales, type Ticket } from "@/api/services";
import { Empty } from "@/layout/empty";
import { Filters } from "@/layout/filters";
import { madeAt } from "@/layout/format";
import { page } from "@/layout/page";
import { Pager } from "@/layout/pager";
import { afterOf, type Search, trailOf } from "@/layout/params";
import { Time } from "@/layout/time";
import { EventLines } from "@/ticket/event-lines";
import { hasStarted } from "@/ticket/occasion";
import { SaleLines, SalesSummary } from "@/ticket/sales";
import { TicketCard } from "@/ticket/ticket-card";

export const metadata: Metadata = { title: "Selling" };

const PAGE = 24;

const states: Record<Ticket["status"], string> = {
  available: "For sale",
  reserved: "Sale pending",
  sold: "Sold",
  withdrawn: "Withdrawn",
};

const statuses = ["available", "reserved", "sold", "withdrawn"] as const;

export default page(MyTickets);

async function MyTickets({ searchParams }: { searchParams: Search }) {
  const status = await statusOf(searchParams);
  await requireUser(pathOf(status));
  const after = await afterOf(searchParams);
  const [tickets, sales] = await Promise.all([
    listOwnTickets({ status, after, limit: PAGE }),
    readSales().catch(() => undefined),
  ]);
  const now = new Date();
  return (
    <>
      <div className="mb-8 flex flex-wrap items-end justify-between gap-4">
        <h1 className="text-4xl">Selling</h1>
        <Link href="/sell" prefetch={false} className="button">
          Sell a ticket
        </Link>
      </div>
      <Filters
        filters={[undefined, ...statuses].map((filter) => ({
          path: pathOf(filter),
          text: filter ? states[filter] : "All",
          current: filter === status,
        }))}
      />
      {sales && sales.sales > 0 && (!status || status === "sold") && !after && <SalesSummary sales={sales} />}
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
                    {ticket.status === "sold" ? (
                      <SaleLines ticket={ticket} />
                    ) : (
                      <>
                        · listed <Time at={madeAt(ticket.id).toISOString()} style="date" />
                      </>
                    )}
                  </>
                }
              />
            </li>
          ))}
        </ul>
      ) : (
        <Empty
          title={after ? "That’s everything" : status ? "Nothing here" : "You haven’t listed any tickets"}
        >
          <p>
            {after
              ? "You have no older tickets."
              : status
                ? "You have no tickets in this list."
                : "Can’t make it? Sell your ticket to someone who can."}
          </p>
        </Empty>
      )}
      <Pager
        path={pathOf(status)}
        after={after}
        trail={await trailOf(searchParams)}
        next={tickets.next}
        first="Newest tickets"
        more="Older tickets"
      />
    </>
  );
}

async function statusOf(search: Search): Promise<Ticket["status"] | undefined> {
  const { status } = await search;
  return statuses.find((s) => s === status);
}

function pathOf(status: Ticket["status"] | undefined): string {
  return status ? `/my-tickets?status=${status}` : "/my-tickets";
}
