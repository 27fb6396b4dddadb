"use client";

import type { Message } from "@/api/services";
import { ActionForm } from "@/form/action-form";
import { Field, TextField } from "@/form/field";
import { errorOf } from "@/form/form-state";
import { SubmitButton } from "@/form/submit-button";
import { submitPrivatePart, submitRemoval } from "@/ticket/actions";
import { FILE_TYPES, fileIn, MAX_FILE, TOO_LARGE } from "@/ticket/private-file";

/** Takes the code, link or file that the buyer of a ticket gets. */
export function PrivateForm({ ticketId, text }: { ticketId: string; text: string | undefined }) {
  return (
    <ActionForm
      action={submitPrivatePart}
      fields={["text", "file"]}
      check={oversized}
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
            autoComplete="off"
            spellCheck={false}
            dir="auto"
            defaultValue={state.values.text ?? text}
            error={errorOf(state, "text")}
          />
          <Field
            name="file"
            label="Or a file"
            hint="A PDF, PNG or JPEG of up to 5 MB."
            type="file"
            accept={FILE_TYPES}
            error={errorOf(state, "file")}
          />
          <SubmitButton pending="Saving…" className="button-quiet w-full">
            Save for the buyer
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}

/** Refuses a file that's too large before it's uploaded. */
function oversized(form: FormData): Message | undefined {
  const file = fileIn(form, "file");
  return file && file.size > MAX_FILE ? { field: "file", message: TOO_LARGE } : undefined;
}

export function RemoveForm({ ticketId }: { ticketId: string }) {
  return (
    <ActionForm action={submitRemoval} label="Remove what the buyer gets">
      {() => (
        <>
          <input type="hidden" name="ticketId" value={ticketId} />
          <SubmitButton pending="Removing…" className="button-quiet w-full">
            Remove
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}
