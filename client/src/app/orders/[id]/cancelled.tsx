import Link from "next/link";
import { type Charge, type Order, readTicket } from "@/api/services";
import { BackToTicket, Notice } from "@/app/orders/[id]/parts";
import { Time } from "@/layout/time";
import { ReserveForm } from "@/order/order-forms";

export async function Declined({ order, charge }: { order: Order; charge: Charge | undefined }) {
  const ticket = await readTicket(order.ticket.id).catch(() => null);
  // Until tickets hears of the cancellation, it shows the ticket as reserved for this order.
  const free = ticket && (ticket.status === "available" || ticket.orderId === order.id);
  return (
    <Notice title="Your payment didn’t go through" alarming>
      {charge?.reason && <p className="font-semibold text-ink">{charge.reason}</p>}
      <p>
        You weren’t charged, and the order is cancelled.{" "}
        {free ? "The ticket is still available." : "The ticket is no longer available."}
      </p>
      {free && (
        <ReserveForm ticket={ticket} formKey={crypto.randomUUID()}>
          Reserve again and use another card
        </ReserveForm>
      )}
      <BackToTicket order={order} />
    </Notice>
  );
}

export function Withdrawn({ order }: { order: Order }) {
  return (
    <Notice title="You cancelled this order">
      <p>You weren’t charged, and the ticket is back on sale.</p>
      <BackToTicket order={order} />
    </Notice>
  );
}

export function Recalled() {
  return (
    <Notice title="The seller withdrew this ticket">
      <p>The seller withdrew it just before you reserved it. You weren’t charged.</p>
      <Link href="/" prefetch={false} className="button">
        More tickets
      </Link>
    </Notice>
  );
}

export function Lapsed({ order }: { order: Order }) {
  return (
    <Notice title="Time ran out">
      <p>
        The order wasn’t paid by <Time at={order.expiresAt} />. You weren’t charged, and the ticket is back on
        sale.
      </p>
      <BackToTicket order={order} />
    </Notice>
  );
}

export function Void({ order }: { order: Order }) {
  return (
    <Notice title="This order is cancelled">
      <p>You weren’t charged.</p>
      <BackToTicket order={order} />
    </Notice>
  );
}
