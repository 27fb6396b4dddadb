"use client";

import { ActionForm } from "@/form/action-form";
import { Field } from "@/form/field";
import { errorOf } from "@/form/form-state";
import { SubmitButton } from "@/form/submit-button";
import { submitEdit, submitTicket } from "@/ticket/actions";

/** Lists a ticket, or changes one. */
export function TicketForm({
  ticket,
  formKey,
}: {
  /** Title and price are missing if the ticket couldn't be read. */
  ticket?: { id: string; title?: string; price?: number };
  formKey?: string;
}) {
  return (
    <ActionForm
      action={ticket ? submitEdit : submitTicket}
      formKey={formKey}
      fields={["title", "price"]}
      label={ticket ? "Edit ticket" : "Sell a ticket"}
      className="space-y-6"
    >
      {(state) => (
        <>
          {ticket && <input type="hidden" name="id" value={ticket.id} />}
          <Field
            name="title"
            label="What’s the ticket for?"
            hint="The event, venue and date: what buyers need to know."
            required
            autoComplete="off"
            defaultValue={state.values.title ?? ticket?.title}
            error={errorOf(state, "title")}
          />
          <Field
            name="price"
            label="Price"
            hint="In US dollars, at least $0.50."
            prefix="$"
            required
            inputMode="decimal"
            autoComplete="off"
            defaultValue={state.values.price ?? ticket?.price?.toFixed(2)}
            error={errorOf(state, "price")}
          />
          <SubmitButton pending="Saving…">{ticket ? "Save changes" : "List ticket"}</SubmitButton>
        </>
      )}
    </ActionForm>
  );
}
