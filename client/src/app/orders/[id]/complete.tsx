import Link from "next/link";
import type { Charge, Order } from "@/api/services";
import { Handed } from "@/app/orders/[id]/handed";
import { BackToTicket, Notice } from "@/app/orders/[id]/parts";
import { formatMoney } from "@/layout/format";
import { MoneyBack } from "@/order/money-back-lines";

type CompleteProps = { order: Order; charge: Charge | undefined; now: number };

export function Complete({ order, charge, now }: CompleteProps) {
  const price = formatMoney(order.ticket.price);
  return (
    <>
      <Notice title="It’s yours!">
        <p>You paid {price}. Enjoy!</p>
        <MoneyBack charge={charge} />
      </Notice>
      <Handed order={order} paidAt={charge?.paidAt} now={now} />
      <div className="flex flex-wrap gap-3 print:hidden">
        {order.ticket.event?.startsAt && (
          <a href={`/orders/${order.id}/calendar`} className="button button-quiet">
            Add to calendar
          </a>
        )}
        <Link href="/orders" prefetch={false} className="button">
          Purchases
        </Link>
        <Link href="/" prefetch={false} className="button button-quiet">
          More tickets
        </Link>
      </div>
    </>
  );
}

export function Returned({ order, charge }: { order: Order; charge: Charge | undefined }) {
  const price = formatMoney(order.ticket.price);
  return (
    <Notice title={charge?.refundFailed ? "Your refund didn't arrive" : "Refunded"}>
      {charge?.status === "refunded" && !charge.refundFailed && (
        <p>The full {price} was refunded to your card.</p>
      )}
      <MoneyBack charge={charge} />
      <p>If you have questions about this ticket, include the order details below.</p>
      <BackToTicket order={order} />
    </Notice>
  );
}
