import type { Metadata } from "next";
import Link from "next/link";
import { authPath } from "@/account/wished";
import { currentUser, listTickets, type Order, readOrder, readTicket, type Ticket } from "@/api/services";
import { madeAt } from "@/layout/format";
import { isNews } from "@/layout/news";
import { Missing } from "@/layout/not-here";
import { page } from "@/layout/page";
import type { Search } from "@/layout/params";
import { cardOf, siteUrl } from "@/layout/site";
import { Stamp } from "@/layout/stamp";
import { Time } from "@/layout/time";
import { ReserveForm } from "@/order/order-forms";
import { Description } from "@/ticket/description";
import { EventLines } from "@/ticket/event-lines";
import { ForBuyer } from "@/ticket/for-buyer";
import { LiveTicket } from "@/ticket/live-ticket";
import { hasStarted, summaryOf } from "@/ticket/occasion";
import { PAYOUT, SaleLines } from "@/ticket/sales";
import { StructuredData } from "@/ticket/structured-data";
import { TicketLarge } from "@/ticket/ticket-card";
import { TicketGrid } from "@/ticket/ticket-grid";
import { WithdrawForm } from "@/ticket/withdraw-form";

type Props = { params: Promise<{ id: string }>; searchParams: Search };

const OTHERS = 3;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const ticket = await readTicket((await params).id).catch(() => undefined);
  if (ticket === undefined) return { title: "Something went wrong" }; // tickets is unavailable
  if (ticket === null) return { title: "Page not found" };
  // Next fills in its title template with String.replace, which would interpret "$&" in a ticket's title.
  const title = { absolute: `${ticket.title} · Ticketing` };
  const path = `/tickets/${ticket.id}`;
  return { ...cardOf(ticket.title, summaryOf(ticket), path), title, alternates: { canonical: path } };
}

export default page(TicketPage);

async function TicketPage({ params, searchParams }: Props) {
  const ticket = await readTicket((await params).id);
  if (!ticket) return <Missing />;
  const user = await currentUser();
  const { version, price, title } = ticket;
  const started = hasStarted(ticket, new Date());
  const free = ticket.status === "available" && !started;
  const [own, others] = await Promise.all([
    // Only the buyer can read an order.
    user && ticket.orderId ? readOrder(ticket.orderId) : null,
    free ? [] : otherTickets(ticket.id),
  ]);
  const { taken, saved: savedAt } = await searchParams;
  const tooLate = isNews(taken) && !own && ticket.status !== "withdrawn";
  const saved = isNews(savedAt) && user?.id === ticket.userId;
  return (
    <>
      <div className="grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0 space-y-6">
          <TicketLarge
            heading="h1"
            ticket={ticket}
            spent={!free && !own}
            stamp={
              ticket.status !== "available" && (
                <Stamp>{own?.status === "complete" ? "yours" : ticket.status}</Stamp>
              )
            }
            note={
              <>
                <EventLines ticket={ticket} />
                Listed <Time at={madeAt(ticket.id).toISOString()} />
              </>
            }
          />
          <Description of={ticket} />
          <StructuredData ticket={ticket} url={new URL(`/tickets/${ticket.id}`, await siteUrl()).href} />
        </div>
        <div className="panel space-y-5">
          {tooLate && <TooLate free={free} />}
          {saved && (
            <p role="status" className="rounded-lg border-2 border-good px-4 py-3 font-medium text-good">
              Saved
            </p>
          )}
          <LiveTicket ticket={{ id: ticket.id, status: ticket.status, version, price, title }} />
          {user?.id === ticket.userId && !own ? (
            <>
              <ForSeller ticket={ticket} started={started} />
              {ticket.status !== "withdrawn" && <ForBuyer key={ticket.status} ticket={ticket} />}
            </>
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
            More tickets
          </h2>
          <TicketGrid tickets={others} />
        </section>
      )}
    </>
  );
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
          ? "The ticket is available again, so you can try once more."
          : "The ticket was reserved just before you tried."}
      </p>
    </div>
  );
}

function State({ ticket, own, signedIn }: { ticket: Ticket; own: Order | null; signedIn: boolean }) {
  if (own) {
    const paid = own.status === "complete";
    return (
      <>
        <h2 className="text-2xl">{paid ? "It’s yours" : "You reserved this ticket"}</h2>
        <Link
          href={`/orders/${own.id}`}
          prefetch={false}
          className={`button w-full ${paid ? "button-quiet" : ""}`}
        >
          {paid ? "View your order" : "Continue to your order"}
        </Link>
      </>
    );
  }
  switch (ticket.status) {
    case "available":
      return (
        <>
          <h2 className="text-2xl">Available</h2>
          <p className="text-muted">Reserve it, and we’ll hold it for you while you pay.</p>
          {signedIn ? (
            <ReserveForm ticket={ticket} formKey={crypto.randomUUID()} />
          ) : (
            <SignInToReserve ticket={ticket} />
          )}
        </>
      );
    case "reserved":
      return (
        <>
          <h2 className="text-2xl">Reserved</h2>
          <p className="text-muted">
            Someone is about to buy this ticket. If they don’t, it’ll be available again.
          </p>
        </>
      );
    case "sold":
      return (
        <>
          <h2 className="text-2xl">Sold</h2>
          <p className="text-muted">This ticket has been sold.</p>
        </>
      );
    case "withdrawn":
      return (
        <>
          <h2 className="text-2xl">No longer for sale</h2>
          <p className="text-muted">The seller has withdrawn this ticket.</p>
        </>
      );
  }
}

function SignInToReserve({ ticket }: { ticket: Ticket }) {
  const next = `/tickets/${ticket.id}`;
  const wish = { ticketId: ticket.id, price: ticket.price };
  return (
    <>
      <Link href={authPath("signup", next, wish)} prefetch={false} className="button w-full">
        Sign up to reserve
      </Link>
      <p className="text-center text-muted">
        Already have an account?{" "}
        <Link href={authPath("signin", next, wish)} prefetch={false} className="link text-ink">
          Sign in to reserve
        </Link>
      </p>
    </>
  );
}

function Started() {
  return (
    <>
      <h2 className="text-2xl">No longer for sale</h2>
      <p className="text-muted">The event has started.</p>
    </>
  );
}

/** What sellers see. The API lets them order their own tickets, but the page doesn’t offer it. */
function ForSeller({ ticket, started }: { ticket: Ticket; started: boolean }) {
  switch (ticket.status) {
    case "available":
      return (
        <>
          <h2 className="text-2xl">{started ? "No longer for sale" : "Your ticket is for sale"}</h2>
          <p className="text-muted">
            {started
              ? "The event has started. If it was postponed, enter the new date to sell the ticket."
              : "Everyone can see it on the front page. You can edit it until someone reserves it."}
          </p>
          <Link href={`/tickets/${ticket.id}/edit`} prefetch={false} className="button w-full">
            Edit title or price
          </Link>
          <WithdrawForm ticketId={ticket.id} />
        </>
      );
    case "reserved":
      return (
        <>
          <h2 className="text-2xl">Sale pending</h2>
          <p className="text-muted">
            Someone has reserved your ticket and is about to pay. You can’t edit it in the meantime.
          </p>
        </>
      );
    case "sold":
      return (
        <>
          <h2 className="text-2xl">Sold</h2>
          <p className="text-muted">
            Sold <SaleLines ticket={ticket} />
          </p>
          <p className="text-muted">{PAYOUT}</p>
          <Link href="/my-tickets?status=sold" prefetch={false} className="button button-quiet w-full">
            All your sales
          </Link>
        </>
      );
    case "withdrawn":
      return (
        <>
          <h2 className="text-2xl">Withdrawn</h2>
          <p className="text-muted">
            You took this ticket off the market. To sell it after all, list it as a new ticket.
          </p>
        </>
      );
  }
}
