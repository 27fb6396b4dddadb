"use client";

import {
  submitConfirmation,
  submitForgotten,
  submitNewPassword,
  submitPasswordChange,
} from "@/account/password-actions";
import { ActionForm } from "@/form/action-form";
import { Field } from "@/form/field";
import { errorOf, type FormState } from "@/form/form-state";
import { SubmitButton } from "@/form/submit-button";

/** Asks for a link that sets a new password. */
export function ForgottenForm() {
  return (
    <ActionForm
      action={submitForgotten}
      fields={["email"]}
      label="Forgot your password"
      className="space-y-5"
    >
      {(state) => (
        <>
          <Field
            name="email"
            label="Email"
            type="email"
            autoComplete="email"
            required
            defaultValue={state.values.email}
            error={errorOf(state, "email")}
          />
          <SubmitButton pending="Sending…" className="w-full">
            Send me a link
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}

/** Sets a new password, with the token from an emailed link. */
export function NewPasswordForm({ token }: { token: string }) {
  return (
    <ActionForm action={submitNewPassword} fields={["password"]} label="New password" className="space-y-5">
      {(state) => (
        <>
          <input type="hidden" name="token" value={token} />
          <NewPasswordField state={state} />
          <SubmitButton pending="Saving…" className="w-full">
            Set the new password
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}

/** Confirms an address. It needs a click, because mail scanners open links. */
export function ConfirmationForm({ token }: { token: string }) {
  return (
    <ActionForm action={submitConfirmation} label="Confirm your address">
      {() => (
        <>
          <input type="hidden" name="token" value={token} />
          <SubmitButton pending="Confirming…" className="w-full">
            Confirm this address
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}

export function PasswordChangeForm() {
  return (
    <ActionForm
      action={submitPasswordChange}
      fields={["currentPassword", "password"]}
      label="Change your password"
      className="space-y-5"
    >
      {(state) => (
        <>
          <Field
            name="currentPassword"
            label="Current password"
            type="password"
            autoComplete="current-password"
            required
            error={errorOf(state, "currentPassword")}
          />
          <NewPasswordField state={state} />
          <SubmitButton pending="Saving…">Change password</SubmitButton>
        </>
      )}
    </ActionForm>
  );
}

function NewPasswordField({ state }: { state: FormState }) {
  return (
    <Field
      name="password"
      label="New password"
      type="password"
      autoComplete="new-password"
      required
      hint="8 to 128 characters, and not a common password"
      error={errorOf(state, "password")}
    />
  );
}
