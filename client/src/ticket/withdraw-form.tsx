"use client";

import { ActionForm } from "@/form/action-form";
import { SubmitButton } from "@/form/submit-button";
import { submitWithdrawal } from "@/ticket/actions";

/** Takes a ticket off the market, after the seller has opened it and read what that means. */
export function WithdrawForm({ ticketId }: { ticketId: string }) {
  return (
    <details>
      <summary className="link inline-block min-h-11 py-2">Withdraw ticket</summary>
      <div className="mt-2 space-y-4">
        <p className="text-muted text-sm">
          Buyers won’t see it anymore. This can’t be undone, but you can list it again as a new ticket.
        </p>
        <ActionForm action={submitWithdrawal} label="Withdraw the ticket" className="space-y-4">
          {() => (
            <>
              <input type="hidden" name="ticketId" value={ticketId} />
              <SubmitButton pending="Withdrawing…" className="button-quiet w-full">
                Withdraw this ticket
              </SubmitButton>
            </>
          )}
        </ActionForm>
      </div>
    </details>
  );
}
