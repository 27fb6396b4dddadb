import type { Metadata } from "next";
import Link from "next/link";
import { requireUser } from "@/account/session";
import {
  type Charge,
  listCharges,
  listOrders,
  type Order,
  type OrderState,
  orderStates,
  type Page,
  readCharge,
} from "@/api/services";
import { Empty } from "@/layout/empty";
import { Filters } from "@/layout/filters";
import { madeAt } from "@/layout/format";
import { Money } from "@/layout/money";
import { page } from "@/layout/page";
import { Pager } from "@/layout/pager";
import { afterOf, type Search, trailOf } from "@/layout/params";
import { Time } from "@/layout/time";
import { moneyBack } from "@/order/money-back";
import { type OrderView, orUnread, viewOrder } from "@/order/order-view";
import { stockOf } from "@/ticket/stock";

export const metadata: Metadata = { title: "Purchases" };

const PAGE = 20;

const states: Record<OrderView, { text: string; look: string }> = {
  payable: { text: "Awaiting payment", look: "text-warn" },
  "time-up": { text: "Time’s up", look: "text-muted" },
  bank: { text: "Waiting for your bank", look: "text-warn" },
  processing: { text: "Payment processing", look: "text-warn" },
  unread: { text: "Open", look: "text-warn" },
  complete: { text: "Paid", look: "text-good" },
  returned: { text: "Refunded", look: "text-muted" },
  declined: { text: "Payment declined", look: "text-bad" },
  refunding: { text: "Refund in progress", look: "text-warn" },
  refunded: { text: "Refunded", look: "text-muted" },
  withdrawn: { text: "Cancelled by you", look: "text-muted" },
  recalled: { text: "Withdrawn by the seller", look: "text-muted" },
  lapsed: { text: "Not paid in time", look: "text-muted" },
  void: { text: "Cancelled", look: "text-muted" },
};

export default page(MyOrders);

async function MyOrders({ searchParams }: { searchParams: Search }) {
  const state = await stateOf(searchParams);
  await requireUser(pathOf(state));
  const after = await afterOf(searchParams);
  const { orders, charges } = await read(state, after);
  const now = new Date();
  return (
    <>
      <h1 className="mb-5 text-4xl">Purchases</h1>
      <Filters
        filters={[undefined, ...orderStates].map((filter) => ({
          path: pathOf(filter),
          text: filters[filter ?? "all"],
          current: filter === state,
        }))}
      />
      {!charges && (
        <p role="status" className="mb-4 text-muted">
          Payments aren’t available right now, so we can’t show refunds and payments in progress.
        </p>
      )}
      {orders.items.length > 0 ? (
        <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-card">
          {orders.items.map((order) => {
            const charge = charges?.find((c) => c.orderId === order.id);
            const view = viewOrder(order, charges ? charge : "unread", now);
            const state = states[view];
            return (
              <li key={order.id} className="relative flex items-stretch hover:bg-line/25">
                <span aria-hidden="true" className={`ticket-tab ${stockOf(order.ticket.id)}`} />
                <div className="grid min-w-0 flex-1 gap-x-6 gap-y-1 px-4 py-4 sm:grid-cols-[minmax(0,1fr)_auto] sm:px-6">
                  <h2 className="min-w-0 break-words text-lg">
                    <Link href={`/orders/${order.id}`} prefetch={false} className="row-link">
                      {order.ticket.title}
                    </Link>
                  </h2>
                  <p className="font-mono font-semibold sm:text-right">
                    <Money dollars={order.ticket.price} />
                  </p>
                  <p className="text-muted text-sm">
                    Ordered <Time at={madeAt(order.id).toISOString()} />
                  </p>
                  <p className={`font-semibold text-sm sm:text-right ${state.look}`}>{state.text}</p>
                  {charge &&
                    moneyBack(charge).map(({ short }) => (
                      <p key={short} className="text-muted text-sm sm:col-span-2 sm:text-right">
                        {short}
                      </p>
                    ))}
                  {view === "declined" && charge?.reason && (
                    <p className="text-muted text-sm sm:col-span-2 sm:text-right">{charge.reason}</p>
                  )}
                </div>
              </li>
            );
          })}
        </ul>
      ) : (
        <Empty title={after ? "That’s everything" : state ? "Nothing here" : "No purchases yet"}>
          <p>
            {after
              ? "You have no older purchases."
              : state
                ? "You have no purchases in this list."
                : "Tickets you reserve or buy show up here."}
          </p>
          <Link href="/" prefetch={false} className="button">
            Browse tickets
          </Link>
        </Empty>
      )}
      <Pager
        path={pathOf(state)}
        after={after}
        trail={await trailOf(searchParams)}
        next={orders.next}
        first="Newest purchases"
        more="Older purchases"
      />
    </>
  );
}

const filters = { all: "All", open: "Open", paid: "Paid", ended: "Ended" };

async function stateOf(search: Search): Promise<OrderState | undefined> {
  const { state } = await search;
  return orderStates.find((s) => s === state);
}

function pathOf(state: OrderState | undefined): string {
  return state ? `/orders?state=${state}` : "/orders";
}

/** The charges are undefined if payments doesn't respond. The orders are shown without them. */
async function read(
  state: OrderState | undefined,
  after: string | undefined,
): Promise<{ orders: Page<Order>; charges: Charge[] | undefined }> {
  if (!state) {
    // A charge has its order's id, so the same page of charges holds all that belong to these orders.
    const [orders, charges] = await Promise.all([
      listOrders({ after, limit: PAGE }),
      listCharges({ after, limit: PAGE }).catch(orUnread),
    ]);
    return { orders, charges: charges === "unread" ? undefined : charges.items };
  }
  const orders = await listOrders({ state, after, limit: PAGE });
  const charges = await Promise.all(orders.items.map((order) => readCharge(order.id))).catch(orUnread);
  return { orders, charges: charges === "unread" ? undefined : charges.filter((c) => c !== undefined) };
}
