import { type PrivatePart, readPrivatePart, type Ticket } from "@/api/services";
import { orUnread } from "@/order/order-view";
import { PrivateForm } from "@/ticket/private-form";
import { PrivateText } from "@/ticket/private-text";

/** What the seller gives the buyer of a ticket, on the seller's page of it. */
export async function ForBuyer({ ticket }: { ticket: Ticket }) {
  const part = await readPrivatePart(ticket.id).catch(orUnread);
  if (part === null) return null; // the ticket or the session is gone
  return (
    <section aria-labelledby="for-buyer" className="space-y-4 border-line border-t pt-5">
      <h2 id="for-buyer" className="text-xl">
        What the buyer gets
      </h2>
      {part === "unread" ? (
        <p className="text-muted">We can’t show this right now. Reload the page in a moment.</p>
      ) : ticket.status === "sold" && part.given ? (
        <Handed part={part} />
      ) : (
        <>
          {ticket.status === "sold" && (
            <p className="font-medium text-warn">Hand over the ticket: the buyer is waiting for it.</p>
          )}
          <PrivateForm ticketId={ticket.id} text={part.text} />
        </>
      )}
    </section>
  );
}

function Handed({ part }: { part: PrivatePart }) {
  return (
    <>
      <PrivateText text={part.text ?? ""} />
      <p className="text-muted">{part.openedAt ? "The buyer has opened it." : "Not opened yet."}</p>
    </>
  );
}
