import { type PrivatePart, readPrivatePart, type Ticket } from "@/api/services";
import { orUnread } from "@/order/order-view";
import { FileLink } from "@/ticket/file-link";
import { PrivateForm, RemoveForm } from "@/ticket/private-form";
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
      ) : (
        <Part ticket={ticket} part={part} />
      )}
    </section>
  );
}

function Part({ ticket, part }: { ticket: Ticket; part: PrivatePart }) {
  const sold = ticket.status === "sold";
  // An earlier release of tickets doesn't send canGive.
  const fixed = part.canGive === undefined ? sold && part.given : !part.canGive;
  if (fixed) {
    return part.given ? (
      <>
        <Given ticketId={ticket.id} part={part} />
        <p className="text-muted">
          {sold ? opened(part) : "You can’t change it while someone holds the ticket."}
        </p>
      </>
    ) : (
      // An earlier release recorded the sale without its buyer, so the seller can't give them anything here.
      <p className="text-muted">
        This ticket was sold before you could hand it over here. Please get it to the buyer yourself.
      </p>
    );
  }
  return (
    <>
      {sold && <p className="font-medium text-warn">Hand over the ticket: the buyer is waiting for it.</p>}
      {part.file && <FileLink ticketId={ticket.id} file={part.file} />}
      {/* The key empties the file field once its file is saved. */}
      <PrivateForm key={part.givenAt ?? "none"} ticketId={ticket.id} text={part.text} />
      {part.given && <RemoveForm ticketId={ticket.id} />}
    </>
  );
}

function Given({ ticketId, part }: { ticketId: string; part: PrivatePart }) {
  return part.file ? (
    <FileLink ticketId={ticketId} file={part.file} />
  ) : (
    <PrivateText text={part.text ?? ""} />
  );
}

function opened(part: PrivatePart): string {
  return part.openedAt ? "The buyer has opened it." : "Not opened yet.";
}
