import type { Metadata } from "next";
import Link from "next/link";
import { signInPath } from "@/account/session";
import { currentUser, listTickets, type Order, readOrder, readTicket, type Ticket } from "@/api/services";
import { madeAt } from "@/layout/format";
import { NotHere } from "@/layout/not-here";
import { page } from "@/layout/page";
import type { Search } from "@/layout/params";
import { Stamp } from "@/layout/stamp";
import { Time } from "@/layout/time";
import { ReserveForm } from "@/order/order-forms";
import { Description } from "@/ticket/description";
import { EventLines } from "@/ticket/event-lines";
import { LiveTicket } from "@/ticket/live-ticket";
import { hasStarted } from "@/ticket/occasion";
import { TicketLarge } from "@/ticket/ticket-card";
import { TicketGrid } from "@/ticket/ticket-grid";

type Props = { params: Promise<{ id: string }>; searchParams: Search };

const OTHERS = 3;

// How long the page tells a buyer that someone else got the ticket, in milliseconds.
const TAKEN_NEWS = 60_000;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  // The page itself says what is the matter when there is no answer.
  const ticket = await readTicket((await params).id).catch(() => null);
  // Next fills in its title template with String.replace, which would interpret "$&" in a ticket's title.
  return { title: { absolute: `${ticket?.title ?? "No such ticket"} · Ticketing` } };
}

export default page(TicketPage);

async function TicketPage({ params, searchParams }: Props) {
  const ticket = await readTicket((await params).id);
  if (!ticket) return <NotHere />;
  const user = await currentUser();
  const started = hasStarted(ticket, new Date());
  const free = ticket.status === "available" && !started;
  const [own, others] = await Promise.all([
    // Only to its buyer does orders tell of an order.
    user && ticket.orderId ? readOrder(ticket.orderId) : null,
    free ? [] : otherTickets(ticket.id),
  ]);
  const tooLate = isNews((await searchParams).taken) && !own;
  return (
    <>
      <div className="grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0 space-y-6">
          <TicketLarge
            heading="h1"
            ticket={ticket}
            spent={!free && !own}
            stamp={ticket.status !== "available" && <Stamp>{ticket.status}</Stamp>}
            note={
              <>
                <EventLines ticket={ticket} />
                Listed <Time at={madeAt(ticket.id).toISOString()} />
              </>
            }
          />
          <Description of={ticket} />
        </div>
        <div className="panel space-y-5">
          {tooLate && <TooLate free={free} />}
          <LiveTicket ticket={{ id: ticket.id, status: ticket.status, version: ticket.version }} />
          {user?.id === ticket.userId && !own ? (
            <ForSeller ticket={ticket} started={started} />
          ) : started && ticket.status === "available" ? (
            <Started />
          ) : (
            <State key={ticket.status} ticket={ticket} own={own} signedIn={user !== null} />
          )}
        </div>
      </div>
      {others.length > 0 && (
        <section aria-labelledby="others" className="mt-14">
          <h2 id="others" className="mb-5 text-2xl">
            Still to be had
          </h2>
          <TicketGrid tickets={others} />
        </section>
      )}
    </>
  );
}

/** Whether a reservation was refused just now. The URL may be an old link. */
function isNews(taken: string | string[] | undefined): boolean {
  const age = Date.now() - Number(taken ?? Number.NaN);
  return age >= 0 && age < TAKEN_NEWS;
}

async function otherTickets(id: string): Promise<Ticket[]> {
  const { items } = await listTickets({ limit: OTHERS + 1 });
  return items.filter((t) => t.id !== id).slice(0, OTHERS);
}

function TooLate({ free }: { free: boolean }) {
  return (
    <div role="alert" className="rounded-lg border-2 border-bad bg-bad/8 px-4 py-3">
      <p className="font-semibold text-bad">Someone got there first.</p>
      <p className="text-sm">
        {free
          ? "But the ticket is available again, so you can try once more."
          : "The ticket was reserved a moment before you asked for it."}
      </p>
    </div>
  );
}

function State({ ticket, own, signedIn }: { ticket: Ticket; own: Order | null; signedIn: boolean }) {
  if (own) {
    const paid = own.status === "complete";
    return (
      <>
        <h2 className="text-2xl">{paid ? "It is yours" : "You have reserved it"}</h2>
        <Link
          href={`/orders/${own.id}`}
          prefetch={false}
          className={`button w-full ${paid ? "button-quiet" : ""}`}
        >
          {paid ? "See your order" : "Go on to your order"}
        </Link>
      </>
    );
  }
  switch (ticket.status) {
    case "available":
      return (
        <>
          <h2 className="text-2xl">Free to reserve</h2>
          <p className="text-muted">Reserve it first, then pay: in between nobody can take it from you.</p>
          {signedIn ? (
            <ReserveForm ticket={ticket} formKey={crypto.randomUUID()} />
          ) : (
            <Link href={signInPath(`/tickets/${ticket.id}`)} prefetch={false} className="button w-full">
              Sign in to reserve
            </Link>
          )}
        </>
      );
    case "reserved":
      return (
        <>
          <h2 className="text-2xl">Reserved</h2>
          <p className="text-muted">Somebody is about to pay for it. If they do not, it is free again.</p>
        </>
      );
    case "sold":
      return (
        <>
          <h2 className="text-2xl">Sold</h2>
          <p className="text-muted">This ticket has found its owner.</p>
        </>
      );
  }
}

function Started() {
  return (
    <>
      <h2 className="text-2xl">No longer for sale</h2>
      <p className="text-muted">The event has started.</p>
    </>
  );
}

/** Sellers may order their own tickets, but nobody comes here for that. */
function ForSeller({ ticket, started }: { ticket: Ticket; started: boolean }) {
  switch (ticket.status) {
    case "available":
      return (
        <>
          <h2 className="text-2xl">{started ? "No longer for sale" : "Your ticket is for sale"}</h2>
          <p className="text-muted">
            {started
              ? "The event has started. If it was postponed, enter the new date to sell the ticket."
              : "Everybody sees it on the front page. You can change it until somebody reserves it."}
          </p>
          <Link href={`/tickets/${ticket.id}/edit`} prefetch={false} className="button w-full">
            Edit title or price
          </Link>
        </>
      );
    case "reserved":
      return (
        <>
          <h2 className="text-2xl">Sale pending</h2>
          <p className="text-muted">
            Somebody has reserved your ticket and is about to pay. Until that is decided it cannot be changed.
          </p>
        </>
      );
    case "sold":
      return (
        <>
          <h2 className="text-2xl">Sold</h2>
          <p className="text-muted">Your ticket has found its owner. It stays as it was sold.</p>
        </>
      );
  }
}
