import type { Ticket } from "@/api/services";
import { formatStart, placeOf } from "@/ticket/occasion";

/** When and where the event is, and the seat: as much as the ticket says. */
export function EventLines({ ticket }: { ticket: Pick<Ticket, "event" | "seat"> }) {
  const startsAt = ticket.event?.startsAt;
  const place = placeOf(ticket);
  return (
    <>
      {startsAt && (
        <time dateTime={startsAt} className="block">
          {formatStart(startsAt)}
        </time>
      )}
      {place && (
        <span dir="auto" className="line-clamp-2 break-words">
          {place}
        </span>
      )}
      {ticket.seat && (
        <span dir="auto" className="line-clamp-2 break-words">
          {ticket.seat}
        </span>
      )}
    </>
  );
}
