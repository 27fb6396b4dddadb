"use client";

import { submitCancellation, submitPaymentCancellation, submitReservation } from "@/actions/orders";
import { ActionForm } from "./action-form";
import { SubmitButton } from "./submit-button";

export function ReserveForm({ ticketId }: { ticketId: string }) {
  return (
    <ActionForm action={submitReservation} label="Reserve the ticket" className="space-y-4">
      {() => (
        <>
          <input type="hidden" name="ticketId" value={ticketId} />
          <SubmitButton pending="Reserving…" className="w-full">
            Reserve this ticket
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}

export function CancelForm({ orderId }: { orderId: string }) {
  return (
    <ActionForm action={submitCancellation} label="Cancel the order" className="space-y-4">
      {() => (
        <>
          <input type="hidden" name="orderId" value={orderId} />
          <SubmitButton pending="Cancelling…" className="button-quiet w-full">
            Cancel this order
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}

/** Ends a payment whose bank waits for the payer. */
export function CancelPaymentForm({ orderId }: { orderId: string }) {
  return (
    <ActionForm action={submitPaymentCancellation} label="Cancel the payment" className="space-y-4">
      {() => (
        <>
          <input type="hidden" name="orderId" value={orderId} />
          <SubmitButton pending="Cancelling…" className="button-quiet w-full">
            Cancel the payment
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}
