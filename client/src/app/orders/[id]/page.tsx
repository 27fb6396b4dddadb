import type { Metadata } from "next";
import { requireUser } from "@/account/session";
import { type Order, readCharge, readOrder } from "@/api/services";
import { Facts } from "@/app/orders/[id]/facts";
import { FocusResult } from "@/app/orders/[id]/focus-result";
import { OrderStamp, stampOf } from "@/app/orders/[id]/order-stamp";
import { Receipt } from "@/app/orders/[id]/receipt";
import { State } from "@/app/orders/[id]/state";
import { madeAt } from "@/layout/format";
import { Money } from "@/layout/money";
import { Missing } from "@/layout/not-here";
import { page } from "@/layout/page";
import { Refresh } from "@/layout/refresh";
import { Time } from "@/layout/time";
import { isPassing, known, type OrderView, orUnread, type ReadCharge, viewOrder } from "@/order/order-view";
import { PayingProvider } from "@/payment/paying";
import { Description } from "@/ticket/description";
import { EventLines } from "@/ticket/event-lines";
import { TicketLarge } from "@/ticket/ticket-card";

type Props = { params: Promise<{ id: string }> };

// How often the page refreshes while its state is going to change, in milliseconds.
const ASK_AGAIN = 2_000;

// The outcomes that the title names, so that a screen reader announces them.
const titles: Partial<Record<OrderView, string>> = {
  bank: "Confirm with your bank",
  processing: "Processing your payment",
  complete: "It’s yours!",
  declined: "Your payment didn’t go through",
};

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { id } = await params;
  const [order, charge] = await readBoth(id).catch(() => []);
  if (order === null) return { title: "Page not found" };
  const view = order && viewOrder(order, charge, new Date());
  return { title: (view && titles[view]) ?? "Your order" };
}

export default page(OrderPage);

function readBoth(id: string): Promise<[Order | null, ReadCharge]> {
  return Promise.all([readOrder(id), readCharge(id).catch(orUnread)]);
}

async function OrderPage({ params }: Props) {
  const { id } = await params;
  await requireUser(`/orders/${encodeURIComponent(id)}`);
  const [order, read] = await readBoth(id);
  if (!order) return <Missing />;
  const now = new Date();
  const view = viewOrder(order, read, now);
  const charge = known(read);
  return (
    <div className="grid grid-cols-1 items-start gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_26rem] lg:grid-rows-[auto_auto_1fr]">
      <div className="lg:row-start-1">
        <h1 className="text-4xl">Your order</h1>
        <p className="mt-2 break-words text-muted lg:hidden">
          {order.ticket.title} · <Money dollars={order.ticket.price} />
        </p>
      </div>
      <section aria-label="State of the order" className="panel lg:col-start-2 lg:row-span-3 lg:row-start-1">
        <PayingProvider>
          {/* The key replaces the whole view, since page translators replace its text nodes with their own. */}
          <FocusResult view={view} />
          <div key={view} className="space-y-5">
            <State view={view} order={order} charge={charge} now={now.getTime()} />
          </div>
        </PayingProvider>
      </section>
      <div className="lg:col-start-1 lg:row-start-2">
        <TicketLarge
          heading="h2"
          ticket={order.ticket}
          spent={stampOf(view) === "Cancelled"}
          stamp={<OrderStamp view={view} />}
          note={
            <>
              <EventLines ticket={order.ticket} />
              Ordered <Time at={madeAt(order.id).toISOString()} />
            </>
          }
        />
        <Description of={order.ticket} />
      </div>
      <div className="lg:col-start-1 lg:row-start-3">
        <Receipt order={order} charge={charge} />
        <Facts order={order} charge={charge} />
      </div>
      {isPassing(view) && <Refresh every={ASK_AGAIN} />}
    </div>
  );
}
