import { sandboxBankUrl, stripeKey } from "@/api/config";
import type { Charge, Order } from "@/api/services";
import { CheckAgain, Notice } from "@/app/orders/[id]/parts";
import { Money } from "@/layout/money";
import { Time } from "@/layout/time";
import { CancelPaymentForm } from "@/order/order-forms";
import { BankQuestion } from "@/payment/bank-question";

export function Bank({ order, charge }: { order: Order; charge: Charge | undefined }) {
  return (
    <Notice title="Confirm with your bank">
      <p>
        Your bank asks you to confirm the payment of <Money dollars={order.ticket.price} />. Your ticket stays
        reserved until <Time at={order.expiresAt} style="time" />. If you cancel, you won’t be charged and the
        ticket goes back on sale.
      </p>
      {charge && <WayToBank charge={charge} />}
      <CancelPaymentForm orderId={order.id} />
      <CheckAgain order={order} />
    </Notice>
  );
}

function WayToBank({ charge: { stripeId, clientSecret } }: { charge: Charge }) {
  const key = stripeKey();
  if (key && clientSecret) {
    return <BankQuestion clientSecret={clientSecret} stripeKey={key} />;
  }
  const address = stripeId && clientSecret && sandboxBankUrl(stripeId, clientSecret);
  return (
    address && (
      <a href={address} target="_blank" rel="noopener noreferrer" className="button w-full">
        Continue to your bank
        <span className="sr-only"> (opens in a new tab)</span>
        <span aria-hidden="true" className="ml-2">
          ↗
        </span>
      </a>
    )
  );
}
