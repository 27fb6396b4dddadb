"use client";

import { ActionForm } from "@/form/action-form";
import { TextField } from "@/form/field";
import { errorOf } from "@/form/form-state";
import { SubmitButton } from "@/form/submit-button";
import { submitPrivatePart } from "@/ticket/actions";

/** Takes the code or link that the buyer of a ticket gets. */
export function PrivateForm({ ticketId, text }: { ticketId: string; text: string | undefined }) {
  return (
    <ActionForm
      action={submitPrivatePart}
      fields={["text"]}
      label="What the buyer gets"
      className="space-y-4"
    >
      {(state) => (
        <>
          <input type="hidden" name="ticketId" value={ticketId} />
          <TextField
            name="text"
            label="Code or link"
            hint="Up to 2,000 characters. Only the buyer sees it, after paying."
            rows={3}
            required
            autoComplete="off"
            spellCheck={false}
            dir="auto"
            defaultValue={state.values.text ?? text}
            error={errorOf(state, "text")}
          />
          <SubmitButton pending="Saving…" className="button-quiet w-full">
            Save for the buyer
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}
