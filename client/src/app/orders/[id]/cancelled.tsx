import type { Charge, Order } from "@/api/services";
import { BackToTicket, Notice } from "@/app/orders/[id]/parts";
import { Time } from "@/layout/time";

export function Declined({ order, charge }: { order: Order; charge: Charge | undefined }) {
  return (
    <Notice title="Your payment didn’t go through" alarming>
      {charge?.reason && <p className="font-semibold text-ink">{charge.reason}</p>}
      <p>
        You weren’t charged, and the order is cancelled. If the ticket is still available, you can reserve it
        again and use another card.
      </p>
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
      <p>You weren’t charged, and the ticket is back on sale.</p>
      <BackToTicket order={order} />
    </Notice>
  );
}
