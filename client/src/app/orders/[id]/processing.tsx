import type { Order } from "@/api/services";
import { CheckAgain, Notice } from "@/app/orders/[id]/parts";

export function Processing({ order }: { order: Order }) {
  return (
    <Notice title="Processing your payment">
      <p>
        This usually takes a few seconds. Your card is charged at most once, and this page will show the
        result.
      </p>
      <CheckAgain order={order} />
    </Notice>
  );
}
