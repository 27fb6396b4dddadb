"use client";

import { submitName } from "@/account/name-action";
import { ActionForm } from "@/form/action-form";
import { Field } from "@/form/field";
import { errorOf } from "@/form/form-state";
import { SubmitButton } from "@/form/submit-button";

/** The display name. */
export function NameField({ value, error }: { value: string | undefined; error: string | undefined }) {
  return (
    <Field
      name="name"
      label="Name (optional)"
      hint="Buyers see it on their receipts. Your email stays private."
      autoComplete="name"
      dir="auto"
      defaultValue={value}
      error={error}
    />
  );
}

export function NameForm({ name }: { name: string }) {
  return (
    <ActionForm action={submitName} fields={["name"]} label="Your name" className="space-y-4">
      {(state) => (
        <>
          <NameField value={state.values.name ?? name} error={errorOf(state, "name")} />
          <SubmitButton pending="Saving…" className="button-quiet">
            Save name
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}
