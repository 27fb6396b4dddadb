import Link from "next/link";
import type { ReactNode } from "react";
import { Money } from "@/layout/money";
import { Barcode } from "@/ticket/barcode";
import { stockOf, ticketNumber } from "@/ticket/stock";

type Printed = { id: string; title: string; price: number };

/** A ticket in a list, all of which is a link. */
export function TicketCard({
  ticket,
  href,
  note,
  spent,
  heading: Heading = "h3",
}: {
  ticket: Printed;
  href: string;
  note?: ReactNode;
  spent?: boolean;
  heading?: "h2" | "h3";
}) {
  return (
    <article className={`ticket ticket-link h-full ${stockOf(ticket.id)} ${spent ? "ticket-spent" : ""}`}>
      <div className="flex min-h-36 min-w-0 flex-col justify-between gap-4 p-5 pr-4">
        <Heading className="line-clamp-4 text-pretty break-words text-lg leading-snug">
          <Link href={href} prefetch={false} dir="auto">
            {ticket.title}
          </Link>
        </Heading>
        <p className="min-w-0 text-(--print-soft) text-sm">{note}</p>
      </div>
      <div className="ticket-stub flex flex-col items-center justify-between gap-3 px-1 py-1 text-center">
        <p className="font-mono text-(--print-soft) text-xs">{ticketNumber(ticket.id)}</p>
        <p className={`whitespace-nowrap font-bold font-mono tracking-tight ${priceSize(ticket.price)}`}>
          <Money dollars={ticket.price} />
        </p>
        <Barcode id={ticket.id} className="h-6 w-14 opacity-70" />
      </div>
    </article>
  );
}

/** One ticket, as large as it matters. */
export function TicketLarge({
  ticket,
  note,
  stamp,
  spent,
  heading,
}: {
  ticket: Printed;
  note?: ReactNode;
  stamp?: ReactNode;
  spent?: boolean;
  heading: "h1" | "h2";
}) {
  const Heading = heading;
  return (
    <div className={`ticket ticket-large ${stockOf(ticket.id)} ${spent ? "ticket-spent" : ""}`}>
      <div className="flex min-w-0 flex-col justify-between gap-4 p-5 sm:min-h-56 sm:gap-6 sm:p-8">
        <p className="font-mono text-(--print-soft) text-xs uppercase tracking-[0.2em]">Admit one</p>
        <Heading dir="auto" className="break-words text-2xl leading-tight sm:text-4xl">
          {ticket.title}
        </Heading>
        <div className="flex min-h-10 flex-wrap items-end justify-between gap-x-6 gap-y-3 text-(--print-soft) text-sm">
          <p className="min-w-0 text-balance">{note}</p>
          {stamp}
        </div>
      </div>
      <div className="ticket-stub flex flex-col items-center justify-between gap-4 px-1 py-4 text-center">
        <p className="font-mono text-(--print-soft) text-xs">{ticketNumber(ticket.id)}</p>
        <p className={`whitespace-nowrap font-bold font-mono tracking-tight ${largePriceSize(ticket.price)}`}>
          <Money dollars={ticket.price} />
        </p>
        <Barcode id={ticket.id} className="h-10 w-20 opacity-70" />
      </div>
    </div>
  );
}

/** The stub is narrow, so long prices use a smaller font instead of wrapping. */
function priceSize(price: number): string {
  if (price >= 100_000) return "text-xs";
  if (price >= 10_000) return "text-sm";
  return price >= 100 ? "text-base" : "text-xl";
}

function largePriceSize(price: number): string {
  if (price >= 100_000) return "text-xs sm:text-lg";
  if (price >= 10_000) return "text-sm sm:text-lg";
  return price >= 100 ? "text-base sm:text-xl" : "text-xl sm:text-3xl";
}
