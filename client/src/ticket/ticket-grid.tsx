import type { Ticket } from "@/api/services";
import { formatAgo, madeAt } from "@/layout/format";
import { EventLines } from "@/ticket/event-lines";
import { TicketCard } from "@/ticket/ticket-card";

/** Tickets that are for sale. */
export function TicketGrid({ tickets }: { tickets: Ticket[] }) {
  const now = new Date();
  return (
    <ul className="grid gap-5 sm:grid-cols-2 lg:grid-cols-3">
      {tickets.map((ticket) => {
        const listed = madeAt(ticket.id);
        return (
          <li key={ticket.id}>
            <TicketCard
              ticket={ticket}
              href={`/tickets/${ticket.id}`}
              note={
                ticket.event ? (
                  <EventLines ticket={ticket} />
                ) : (
                  <>
                    Listed <time dateTime={listed.toISOString()}>{formatAgo(listed, now)}</time>
                  </>
                )
              }
            />
          </li>
        );
      })}
    </ul>
  );
}
