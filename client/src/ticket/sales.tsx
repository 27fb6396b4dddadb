import type { Sales, Ticket } from "@/api/services";
import { formatMoney } from "@/layout/format";
import { Time } from "@/layout/time";

export const PAYOUT = "We pay sellers outside of this site for now.";

/** What a seller's sales add up to. */
export function SalesSummary({ sales }: { sales: Sales }) {
  const totals: [string, string][] = [
    ["Tickets sold", String(sales.sales)],
    ["Sales", formatMoney(sales.amount)],
    ["Refunded", formatMoney(sales.refunded)],
    ["You’re owed", formatMoney(sales.owed)],
  ];
  return (
    <section aria-labelledby="sales" className="panel mb-8 space-y-4">
      <h2 id="sales" className="text-2xl">
        Your sales
      </h2>
      <dl className="flex flex-wrap gap-x-10 gap-y-3">
        {totals.map(([name, value]) => (
          <div key={name}>
            <dt className="text-muted text-sm">{name}</dt>
            <dd className="font-mono font-semibold">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="text-muted text-sm">{PAYOUT}</p>
      <a href="/api/tickets/sales/export.csv" download className="link inline-block">
        Download as a spreadsheet (CSV)
      </a>
    </section>
  );
}

/** When a ticket was sold, for how much, and to which order. */
export function SaleLines({ ticket }: { ticket: Ticket }) {
  return (
    <>
      for {formatMoney(ticket.price)}
      {ticket.soldAt && (
        <>
          {" "}
          on <Time at={ticket.soldAt} />
        </>
      )}
      {ticket.refundedAmount && ` · ${formatMoney(ticket.refundedAmount)} refunded`}
      <span className="block break-all">Order {ticket.orderId}</span>
    </>
  );
}
