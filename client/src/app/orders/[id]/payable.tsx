import { stripeKey } from "@/api/config";
import type { Order } from "@/api/services";
import { CheckAgain, Notice } from "@/app/orders/[id]/parts";
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
      <TimeLeft order={order} now={now} />
      <Pay order={order} price={price} />
      <CancelForm orderId={order.id} />
    </>
  );
}

/** What the buyer can do while payments doesn't respond. */
export function Unread({ order, now }: { order: Order; now: number }) {
  return (
    <>
      {order.status === "created" && <TimeLeft order={order} now={now} />}
      <Notice title="Payments aren’t available right now">
        <p>Your order is safe. This page will show the payment as soon as it can.</p>
        <CheckAgain order={order} />
      </Notice>
      <CancelForm orderId={order.id} />
    </>
  );
}

function TimeLeft({ order, now }: { order: Order; now: number }) {
  return (
    <div>
      <Countdown expiresAt={order.expiresAt} now={now} />
      <p className="mt-2 text-muted text-sm">
        Reserved for you until <Time at={order.expiresAt} style="time" />.
      </p>
    </div>
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
