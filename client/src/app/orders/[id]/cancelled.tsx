import type { Charge, Order } from "@/api/services";
import { BackToTicket, Notice } from "@/app/orders/[id]/parts";
import { Time } from "@/layout/time";

export function Declined({ order, charge }: { order: Order; charge: Charge | undefined }) {
  return (
    <Notice title="The payment did not go through" alarming>
      {charge?.reason && <p className="font-semibold text-ink">{charge.reason}</p>}
      <p>
        Nothing was charged and the order is cancelled. If nobody else takes the ticket, you can order it
        again and pay with another card.
      </p>
      <BackToTicket order={order} />
    </Notice>
  );
}

export function Withdrawn({ order }: { order: Order }) {
  return (
    <Notice title="You cancelled this order">
      <p>Nothing was charged. The ticket is for sale again.</p>
      <BackToTicket order={order} />
    </Notice>
  );
}

export function Lapsed({ order }: { order: Order }) {
  return (
    <Notice title="Time ran out">
      <p>
        The order was not paid by <Time at={order.expiresAt} />. Nothing was charged, and the ticket went back
        on sale.
      </p>
      <BackToTicket order={order} />
    </Notice>
  );
}

export function Void({ order }: { order: Order }) {
  return (
    <Notice title="This order is cancelled">
      <p>Nothing was charged, and the ticket went back on sale.</p>
      <BackToTicket order={order} />
    </Notice>
  );
}
