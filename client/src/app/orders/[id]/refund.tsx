import type { Charge, Order } from "@/api/services";
import { BackToTicket, CheckAgain, Notice } from "@/app/orders/[id]/parts";
import { formatMoney } from "@/layout/format";
import { MoneyBack } from "@/order/money-back-lines";

export function Refunding({ order, charge }: { order: Order; charge: Charge | undefined }) {
  const price = formatMoney(order.ticket.price);
  return (
    <Notice title="Your money is on its way back">
      <p>The payment came after the order had ended. All of {price} is being refunded.</p>
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
