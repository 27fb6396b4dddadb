import { type Order, readPrivatePart } from "@/api/services";
import { CheckAgain } from "@/app/orders/[id]/parts";
import { madeAt } from "@/layout/format";
import { Refresh } from "@/layout/refresh";
import { orUnread } from "@/order/order-view";
import { FileLink } from "@/ticket/file-link";
import { PrivateText } from "@/ticket/private-text";
import { QrCode } from "@/ticket/qr-code";

// The buyer can read what the seller gave once tickets has handled order:completed, usually within moments. A sale that
// an earlier release recorded without its buyer never becomes readable. In milliseconds.
const SOON = 60_000;
const AT_LAST = 24 * 60 * 60_000;

// How often the page refreshes until then, in milliseconds.
const ASK_AGAIN = 2_000;
const ASK_LATER = 20_000;

type HandedProps = { order: Order; paidAt: string | undefined; now: number };

/** What the seller gave the buyer of a complete order. */
export async function Handed({ order, paidAt, now }: HandedProps) {
  const part = await readPrivatePart(order.ticket.id).catch(orUnread);
  // While payments is away, the time of the payment is unknown. The order's creation is close to it.
  const since = now - (paidAt ? Date.parse(paidAt) : madeAt(order.id).getTime());
  const coming = part === null && since < AT_LAST;
  return (
    <section aria-labelledby="handed" className="space-y-4">
      <h3 id="handed" className="text-xl">
        Your ticket
      </h3>
      {part === "unread" ? (
        <p className="text-muted">
          We can’t show your ticket right now. <CheckAgain order={order} />
        </p>
      ) : part?.text ? (
        <>
          <PrivateText text={part.text} />
          <QrCode text={part.text} />
        </>
      ) : part?.file ? (
        <FileLink ticketId={order.ticket.id} file={part.file} />
      ) : coming ? (
        <p className="text-muted">
          Getting your ticket… <CheckAgain order={order} />
          <Refresh every={since < SOON ? ASK_AGAIN : ASK_LATER} />
        </p>
      ) : (
        <p className="text-muted">The seller will hand over the ticket.</p>
      )}
    </section>
  );
}
