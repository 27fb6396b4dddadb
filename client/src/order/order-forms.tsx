"use client";

import { ActionForm, type FormAction } from "@/form/action-form";
import { SubmitButton } from "@/form/submit-button";
import { formatMoney } from "@/layout/format";
import { submitCancellation, submitPaymentCancellation, submitReservation } from "@/order/actions";

/** Reserves a ticket at the price and title shown. If they've changed, it says so and asks. */
export function ReserveForm({
  ticket,
  formKey,
  children = "Reserve this ticket",
}: {
  ticket: { id: string; title: string; price: number };
  formKey: string;
  children?: string;
}) {
  return (
    <ActionForm action={submitReservation} formKey={formKey} label="Reserve the ticket" className="space-y-4">
      {({ values }) => (
        <>
          <input type="hidden" name="ticketId" value={ticket.id} />
          <input type="hidden" name="price" value={values.price || ticket.price} />
          {/* As JSON, since forms normalize line breaks. */}
          <input type="hidden" name="title" value={values.title || JSON.stringify(ticket.title)} />
          <SubmitButton pending="Reserving…" className="w-full">
            {values.changed ? `Reserve it for ${formatMoney(Number(values.price))}` : children}
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}

export function CancelForm({ orderId }: { orderId: string }) {
  return (
    <details>
      <summary className="link inline-block min-h-11 py-2">Cancel order</summary>
      <div className="mt-2 space-y-4">
        <p className="text-muted text-sm">
          The ticket goes back on sale right away, and others can reserve it.
        </p>
        <OrderButton orderId={orderId} action={submitCancellation} label="Cancel the order">
          Cancel this order
        </OrderButton>
      </div>
    </details>
  );
}

/** Cancels a payment that's waiting for the payer's bank. */
export function CancelPaymentForm({ orderId }: { orderId: string }) {
  return (
    <OrderButton orderId={orderId} action={submitPaymentCancellation} label="Cancel the payment">
      Cancel the payment
    </OrderButton>
  );
}

/** A form with only a button, which cancels an order or its payment. */
function OrderButton({
  orderId,
  action,
  label,
  children,
}: {
  orderId: string;
  action: FormAction;
  label: string;
  children: string;
}) {
  return (
    <ActionForm action={action} label={label} className="space-y-4">
      {() => (
        <>
          <input type="hidden" name="orderId" value={orderId} />
          <SubmitButton pending="Cancelling…" className="button-quiet w-full">
            {children}
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}
