import Link from "next/link";
import { listTickets, searchTickets } from "@/api/services";
import { Empty } from "@/layout/empty";
import { page } from "@/layout/page";
import { Pager } from "@/layout/pager";
import { afterOf, cursorOf, type Search, type Trail, trailOf } from "@/layout/params";
import { asQuery, isSearch, readSearch, searchPath, type TicketSearch } from "@/ticket/search";
import { SearchForm } from "@/ticket/search-form";
import { TicketGrid } from "@/ticket/ticket-grid";

const PAGE = 24;

/** The API counts matches up to this number. */
const MANY = 1000;

export default page(Landing);

async function Landing({ searchParams }: { searchParams: Search }) {
  const search = await readSearch(searchParams);
  const trail = await trailOf(searchParams);
  // Functions, not components: page() handles only what fails before the page is returned.
  return isSearch(search)
    ? results(search, await cursorOf(searchParams), trail)
    : newest(await afterOf(searchParams), trail);
}

async function newest(after: string | undefined, trail: Trail | undefined) {
  const tickets = await listTickets({ after, limit: PAGE });
  return (
    <>
      {after ? (
        <h1 className="mb-6 text-4xl">Older tickets</h1>
      ) : (
        <div className="mb-10 max-w-3xl">
          <h1 className="text-4xl leading-[1.05] sm:text-6xl">Their plans changed. Now yours can, too.</h1>
          <p className="mt-4 max-w-xl text-lg text-muted">
            Tickets from people who can’t go. Reserve one, and it’s held for you while you pay.
          </p>
        </div>
      )}
      <SearchForm search={{}} refused={false} />
      {tickets.items.length > 0 ? (
        <section aria-label={after ? "Older tickets" : "Newest tickets"}>
          <h2 className={after ? "sr-only" : "mb-5 text-2xl"}>{after ? "Tickets" : "Newest tickets"}</h2>
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
      <Pager
        path="/"
        after={after}
        trail={trail}
        next={tickets.next}
        first="Newest tickets"
        more="Older tickets"
      />
    </>
  );
}

async function results(search: TicketSearch, after: string | undefined, trail: Trail | undefined) {
  const found = await searchTickets({ ...asQuery(search), after, limit: PAGE });
  return (
    <>
      <h1 className="mb-6 text-4xl">Search results</h1>
      <SearchForm search={search} refused={found === null} />
      {found && found.items.length > 0 && (
        <section aria-label="Search results">
          <h2 className="mb-5 text-2xl">{countOf(found.total ?? found.items.length)}</h2>
          <TicketGrid tickets={found.items} />
        </section>
      )}
      {found?.items.length === 0 && (
        <Empty title={after ? "That’s everything" : "No tickets match your search"}>
          <p>{after ? "No more tickets match your search." : "Try fewer words or other filters."}</p>
        </Empty>
      )}
      <Pager
        path={searchPath(search)}
        after={after}
        trail={trail}
        next={found?.next}
        first="First results"
        more="More results"
      />
    </>
  );
}

function countOf(total: number): string {
  if (total >= MANY) return `${MANY.toLocaleString("en-US")} tickets or more`;
  return total === 1 ? "1 ticket" : `${total} tickets`;
}
