import type { Charge, Order } from "@/api/services";
import { BackToTicket, CheckAgain, Notice } from "@/app/orders/[id]/parts";
import { formatMoney } from "@/layout/format";
import { MoneyBack } from "@/order/money-back-lines";

export function Refunding({ order, charge }: { order: Order; charge: Charge | undefined }) {
  const price = formatMoney(order.ticket.price);
  return (
    <Notice title="Your refund is on its way">
      <p>Your payment arrived after the order ended, so we’re refunding the full {price}.</p>
      <MoneyBack charge={charge} />
      <CheckAgain order={order} />
    </Notice>
  );
}

export function Refunded({ order, charge }: { order: Order; charge: Charge | undefined }) {
  const price = formatMoney(order.ticket.price);
  return (
    <Notice title={charge?.refundFailed ? "Your refund didn't arrive" : "Refunded"}>
      {!charge?.refundFailed && (
        <p>Your payment arrived after the order ended, so the full {price} was refunded to your card.</p>
      )}
      <MoneyBack charge={charge} />
      <BackToTicket order={order} />
    </Notice>
  );
}
