import { stripeKey } from "@/api/config";
import type { Order } from "@/api/services";
import { CheckAgain } from "@/app/orders/[id]/parts";
import { formatMoney } from "@/layout/format";
import { Time } from "@/layout/time";
import { Countdown } from "@/order/countdown";
import { CancelForm } from "@/order/order-forms";
import { CardForm } from "@/payment/card-form";
import { PayForm } from "@/payment/pay-form";

export function Payable({ order, now }: { order: Order; now: number }) {
  const price = formatMoney(order.ticket.price);
  return (
    <>
      <div>
        <Countdown expiresAt={order.expiresAt} now={now} />
        <p className="mt-2 text-muted text-sm">
          Reserved for you until <Time at={order.expiresAt} style="time" />.
        </p>
      </div>
      <Pay order={order} price={price} />
      <CancelForm orderId={order.id} />
    </>
  );
}

export function TimeUp({ order, now }: { order: Order; now: number }) {
  return (
    <>
      <Countdown expiresAt={order.expiresAt} now={now} />
      <CheckAgain order={order} />
    </>
  );
}

/** With a key cards are paid with, without one the sandbox's test cards. */
function Pay({ order, price }: { order: Order; price: string }) {
  const key = stripeKey();
  return key ? (
    <CardForm orderId={order.id} price={price} formKey={crypto.randomUUID()} stripeKey={key} />
  ) : (
    <PayForm orderId={order.id} price={price} formKey={crypto.randomUUID()} />
  );
}
