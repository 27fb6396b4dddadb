import type { Order } from "@/api/services";
import { CheckAgain, Notice } from "@/app/orders/[id]/parts";

export function Processing({ order }: { order: Order }) {
  return (
    <Notice title="Your payment is under way">
      <p>
        This takes seconds, rarely minutes. Your card is charged once at most, and this page tells how it
        ends.
      </p>
      <CheckAgain order={order} />
    </Notice>
  );
}
