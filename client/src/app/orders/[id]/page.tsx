import type { Metadata } from "next";
import Link from "next/link";
import type { ReactNode } from "react";
import { requireUser } from "@/account/session";
import { sandboxBankUrl, stripeKey } from "@/api/config";
import { type Charge, type Order, readCharge, readOrder } from "@/api/services";
import { formatMoney, madeAt } from "@/layout/format";
import { Money } from "@/layout/money";
import { NotHere } from "@/layout/not-here";
import { page } from "@/layout/page";
import { Refresh } from "@/layout/refresh";
import { Stamp } from "@/layout/stamp";
import { Time } from "@/layout/time";
import { Countdown } from "@/order/countdown";
import { MoneyBack } from "@/order/money-back-lines";
import { CancelForm, CancelPaymentForm } from "@/order/order-forms";
import { isPassing, type OrderView, viewOrder } from "@/order/order-view";
import { BankQuestion } from "@/payment/bank-question";
import { CardForm } from "@/payment/card-form";
import { PayForm } from "@/payment/pay-form";
import { TicketLarge } from "@/ticket/ticket-card";

type Props = { params: Promise<{ id: string }> };

// How often a state that passes by itself is asked for, in milliseconds.
const ASK_AGAIN = 2_000;

export const metadata: Metadata = { title: "Your order" };

export default page(OrderPage);

async function OrderPage({ params }: Props) {
  const { id } = await params;
  await requireUser(`/orders/${encodeURIComponent(id)}`);
  const [order, charge] = await Promise.all([readOrder(id), readCharge(id)]);
  if (!order) return <NotHere />;
  const now = new Date();
  const view = viewOrder(order, charge, now);
  return (
    <div className="grid items-start gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_26rem] lg:grid-rows-[auto_1fr]">
      <div className="space-y-6 lg:row-start-1">
        <h1 className="text-4xl">Your order</h1>
        <TicketLarge
          heading="h2"
          ticket={order.ticket}
          spent={stampOf(view) === "Void"}
          stamp={<OrderStamp view={view} />}
          note={
            <>
              Ordered <Time at={madeAt(order.id).toISOString()} />
            </>
          }
        />
      </div>
      <section aria-label="State of the order" className="panel lg:col-start-2 lg:row-span-2 lg:row-start-1">
        {/* The key replaces the whole view, since page translators replace its text nodes with their own. */}
        <div key={view} className="space-y-5">
          <State view={view} order={order} charge={charge} now={now.getTime()} />
        </div>
      </section>
      <Facts order={order} charge={charge} />
      {isPassing(view) && <Refresh every={ASK_AGAIN} />}
    </div>
  );
}

type StateProps = {
  view: OrderView;
  order: Order;
  charge: Charge | undefined;
  now: number;
};

function State({ view, order, charge, now }: StateProps) {
  const price = formatMoney(order.ticket.price);
  switch (view) {
    case "payable":
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
    case "time-up":
      return (
        <>
          <Countdown expiresAt={order.expiresAt} now={now} />
          <CheckAgain order={order} />
        </>
      );
    case "bank":
      return <Bank order={order} charge={charge} />;
    case "processing":
      return (
        <Told title="Your payment is under way">
          <p>
            This takes seconds, rarely minutes. Your card is charged once at most, and this page tells how it
            ends.
          </p>
          <CheckAgain order={order} />
        </Told>
      );
    case "complete":
      return (
        <Told title="Paid. It is yours.">
          <p>You paid {price}. Enjoy it!</p>
          <MoneyBack charge={charge} />
          <div className="flex flex-wrap gap-3">
            <Link href="/orders" prefetch={false} className="button">
              My orders
            </Link>
            <Link href="/" prefetch={false} className="button button-quiet">
              More tickets
            </Link>
          </div>
        </Told>
      );
    case "returned":
      return (
        <Told title={charge?.refundFailed ? "Your refund didn't arrive" : "Refunded"}>
          {charge?.status === "refunded" && !charge.refundFailed && (
            <p>The full {price} was refunded to your card.</p>
          )}
          <MoneyBack charge={charge} />
          <p>If you have questions about this ticket, include the order details below.</p>
          <BackToTicket order={order} />
        </Told>
      );
    case "declined":
      return (
        <Told title="The payment did not go through" alarming>
          {charge?.reason && <p className="font-semibold text-ink">{charge.reason}</p>}
          <p>
            Nothing was charged and the order is cancelled. If nobody else takes the ticket, you can order it
            again and pay with another card.
          </p>
          <BackToTicket order={order} />
        </Told>
      );
    case "refunding":
      return (
        <Told title="Your money is on its way back">
          <p>The payment came after the order had ended. All of {price} is being refunded.</p>
          <MoneyBack charge={charge} />
          <CheckAgain order={order} />
        </Told>
      );
    case "refunded":
      return (
        <Told title={charge?.refundFailed ? "Your refund didn't arrive" : "Refunded"}>
          {!charge?.refundFailed && (
            <p>Your payment arrived after the order ended, so the full {price} was refunded to your card.</p>
          )}
          <MoneyBack charge={charge} />
          <BackToTicket order={order} />
        </Told>
      );
    case "withdrawn":
      return (
        <Told title="You cancelled this order">
          <p>Nothing was charged. The ticket is for sale again.</p>
          <BackToTicket order={order} />
        </Told>
      );
    case "lapsed":
      return (
        <Told title="Time ran out">
          <p>
            The order was not paid by <Time at={order.expiresAt} />. Nothing was charged, and the ticket went
            back on sale.
          </p>
          <BackToTicket order={order} />
        </Told>
      );
    case "void":
      return (
        <Told title="This order is cancelled">
          <p>Nothing was charged, and the ticket went back on sale.</p>
          <BackToTicket order={order} />
        </Told>
      );
  }
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

function Bank({ order, charge }: { order: Order; charge: Charge | undefined }) {
  return (
    <Told title="Your bank wants to hear from you">
      <p>
        Confirm your payment of <Money dollars={order.ticket.price} /> with your bank. Your ticket stays
        reserved in the meantime. If you cancel, you won’t be charged and the ticket goes back on sale.
      </p>
      {charge && <WayToBank charge={charge} />}
      <CancelPaymentForm orderId={order.id} />
      <CheckAgain order={order} />
    </Told>
  );
}

function WayToBank({ charge: { orderId, stripeId, clientSecret } }: { charge: Charge }) {
  const key = stripeKey();
  if (key && clientSecret) {
    return <BankQuestion orderId={orderId} clientSecret={clientSecret} stripeKey={key} />;
  }
  const address = stripeId && clientSecret && sandboxBankUrl(stripeId, clientSecret);
  return (
    address && (
      <a href={address} target="_blank" rel="noopener noreferrer" className="button w-full">
        Confirm at your bank
        <span className="sr-only"> (opens in a new tab)</span>
        <span aria-hidden="true" className="ml-2">
          ↗
        </span>
      </a>
    )
  );
}

function Told({ title, alarming, children }: { title: string; alarming?: boolean; children: ReactNode }) {
  return (
    <div role={alarming ? "alert" : "status"} className="space-y-4 text-muted">
      <h2 className={`text-2xl ${alarming ? "text-bad" : "text-ink"}`}>{title}</h2>
      {children}
    </div>
  );
}

/** The page looks by itself; without JavaScript one looks oneself. */
function CheckAgain({ order }: { order: Order }) {
  return (
    <a href={`/orders/${order.id}`} className="link inline-block text-ink">
      Check again
    </a>
  );
}

function BackToTicket({ order }: { order: Order }) {
  return (
    <div className="flex flex-wrap gap-3">
      <Link href={`/tickets/${order.ticket.id}`} prefetch={false} className="button">
        See the ticket
      </Link>
      <Link href="/" prefetch={false} className="button button-quiet">
        Other tickets
      </Link>
    </div>
  );
}

function stampOf(view: OrderView): "Paid" | "Reserved" | "Refunded" | "Void" {
  switch (view) {
    case "complete":
      return "Paid";
    case "returned":
    case "refunded":
      return "Refunded";
    case "declined":
    case "withdrawn":
    case "lapsed":
    case "void":
    case "refunding":
      return "Void";
    default:
      return "Reserved";
  }
}

function OrderStamp({ view }: { view: OrderView }) {
  const text = stampOf(view);
  return <Stamp {...(text === "Paid" ? { tone: "text-[#14532d]" } : {})}>{text}</Stamp>;
}

/** What one would quote when asking about the order. */
function Facts({ order, charge }: { order: Order; charge: Charge | undefined }) {
  const facts: [string, string | undefined][] = [
    ["Order", order.id],
    ["Payment", charge?.stripeId],
    ["Refund", charge?.stripeRefundId],
  ];
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
      {facts.map(
        ([name, value]) =>
          value && (
            <div key={name} className="col-span-2 grid grid-cols-subgrid">
              <dt className="text-muted">{name}</dt>
              <dd className="break-all font-mono">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
