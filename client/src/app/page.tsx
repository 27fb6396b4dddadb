import Link from "next/link";
import { listTickets } from "@/api/services";
import { Empty } from "@/layout/empty";
import { page } from "@/layout/page";
import { Pager } from "@/layout/pager";
import { afterOf, type Search } from "@/layout/params";
import { TicketGrid } from "@/ticket/ticket-grid";

const PAGE = 24;

export default page(Landing);

async function Landing({ searchParams }: { searchParams: Search }) {
  const after = await afterOf(searchParams);
  const tickets = await listTickets({ after, limit: PAGE });
  return (
    <>
      <div className="mb-10 max-w-3xl">
        <h1 className="text-4xl leading-[1.05] sm:text-6xl">Their plans changed. Now yours can, too.</h1>
        <p className="mt-4 max-w-xl text-lg text-muted">
          Tickets from people who can’t go. Reserve one, and it’s held for you while you pay.
        </p>
      </div>
      {tickets.items.length > 0 ? (
        <section aria-labelledby="list">
          <h2 id="list" className="mb-5 text-2xl">
            {after ? "Older tickets" : "Newest tickets"}
          </h2>
          <TicketGrid tickets={tickets.items} />
        </section>
      ) : (
        <Empty title={after ? "That’s everything" : "No tickets listed yet"}>
          <p>{after ? "There are no older tickets." : "Check back soon, or sell a ticket you can’t use."}</p>
          <Link href="/sell" prefetch={false} className="button">
            Sell a ticket
          </Link>
        </Empty>
      )}
      <Pager path="/" after={after} next={tickets.next} what="tickets" />
    </>
  );
}
