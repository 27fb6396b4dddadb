"use client";

import type { Ticket } from "@/api/services";
import { ActionForm } from "@/form/action-form";
import { Field, TextField } from "@/form/field";
import { errorOf } from "@/form/form-state";
import { SubmitButton } from "@/form/submit-button";
import { submitEdit, submitTicket } from "@/ticket/actions";
import { EventFields } from "@/ticket/event-fields";

/** Lists a ticket, or changes one. */
export function TicketForm({
  ticket,
  formKey,
}: {
  /** All but the id is missing if the ticket couldn't be read. */
  ticket?: Partial<Ticket> & { id: string };
  formKey?: string;
}) {
  return (
    <ActionForm
      action={ticket ? submitEdit : submitTicket}
      formKey={formKey}
      fields={["title", "startsAt", "zone", "venue", "city", "seat", "price", "description"]}
      label={ticket ? "Edit ticket" : "Sell a ticket"}
      className="space-y-6"
    >
      {(state) => (
        <>
          {ticket && <input type="hidden" name="id" value={ticket.id} />}
          <Field
            name="title"
            label="What’s the ticket for?"
            required
            autoComplete="off"
            dir="auto"
            defaultValue={state.values.title ?? ticket?.title}
            error={errorOf(state, "title")}
          />
          <EventFields state={state} event={ticket?.event} required={!ticket} />
          <Field
            name="seat"
            label="Seat (optional)"
            hint="Section, row and seat, or “General admission”."
            autoComplete="off"
            defaultValue={state.values.seat ?? ticket?.seat}
            error={errorOf(state, "seat")}
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
          <TextField
            name="description"
            label="Description (optional)"
            hint="Anything else a buyer should know, up to 2,000 characters."
            rows={4}
            dir="auto"
            defaultValue={state.values.description ?? ticket?.description}
            error={errorOf(state, "description")}
          />
          <SubmitButton pending="Saving…">{ticket ? "Save changes" : "List ticket"}</SubmitButton>
        </>
      )}
    </ActionForm>
  );
}
