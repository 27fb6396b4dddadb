import type { Charge, Order } from "@/api/services";
import { hasReceipt } from "@/app/orders/[id]/receipt";

/** The IDs that support asks for. The order's is here only if there's no receipt, which shows it. */
export function Facts({ order, charge }: { order: Order; charge: Charge | undefined }) {
  const facts: [string, string | undefined][] = [
    ["Order", hasReceipt(charge) ? undefined : order.id],
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
