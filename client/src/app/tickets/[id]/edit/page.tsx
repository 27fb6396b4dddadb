import type { Metadata } from "next";
import Link from "next/link";
import { answersForm, formUser } from "@/account/session";
import { readTicket, type Ticket } from "@/api/services";
import { Missing } from "@/layout/not-here";
import { page } from "@/layout/page";
import { TicketForm } from "@/ticket/ticket-form";

export const metadata: Metadata = { title: "Edit ticket" };

export default page(EditTicket);

async function EditTicket({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const user = await formUser(`/tickets/${encodeURIComponent(id)}/edit`);
  const ticket = await readTicket(id).catch(unlessTyped);
  if (!ticket) return <Missing />;
  const obstacle = ticket !== "unknown" && user && whyNot(ticket, user.id);
  return (
    <div className="mx-auto max-w-xl">
      <h1 className="mb-8 text-4xl">Edit your ticket</h1>
      <div className="panel">
        {obstacle ? (
          <>
            <p className="text-lg">{obstacle}</p>
            <Link href={`/tickets/${id}`} prefetch={false} className="button mt-6">
              Back to ticket
            </Link>
          </>
        ) : (
          <TicketForm ticket={ticket === "unknown" ? { id } : ticket} />
        )}
      </div>
    </div>
  );
}

/** If a service is unavailable, shows the error page, unless that would discard what was typed. */
async function unlessTyped(error: unknown): Promise<"unknown"> {
  if (await answersForm()) return "unknown";
  throw error;
}

function whyNot(ticket: Ticket, userId: string): string | undefined {
  if (ticket.userId !== userId) return "Only the seller can edit this ticket.";
  switch (ticket.status) {
    case "reserved":
      return "Someone has reserved this ticket. If they don’t buy it, you can edit it again.";
    case "sold":
      return "This ticket has been sold, so you can’t edit it.";
    case "withdrawn":
      return "You’ve withdrawn this ticket, so you can’t edit it.";
  }
}
