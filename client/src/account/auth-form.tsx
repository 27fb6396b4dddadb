"use client";

import { submitSignIn, submitSignUp } from "@/account/actions";
import { NameField } from "@/account/name-form";
import type { Wish } from "@/api/services";
import { ActionForm, type FormAction } from "@/form/action-form";
import { Field } from "@/form/field";
import { errorOf } from "@/form/form-state";
import { SubmitButton } from "@/form/submit-button";

/** Signs up or in, and goes on to a path. */
export function AuthForm({
  kind,
  next,
  formKey,
  wish,
}: {
  kind: "signup" | "signin";
  next: string;
  formKey?: string;
  /** A ticket to reserve once the user is signed in. */
  wish?: Wish | undefined;
}) {
  const isNew = kind === "signup";
  const title = isNew ? "Sign up" : "Sign in";
  return (
    <CredentialsForm
      action={isNew ? submitSignUp : submitSignIn}
      next={next}
      formKey={formKey}
      title={wish ? `${title} and reserve` : title}
      wish={wish}
      busy={isNew ? "Signing up…" : "Signing in…"}
      newPassword={isNew}
    />
  );
}

export function CredentialsForm({
  action,
  next,
  formKey,
  title,
  busy,
  newPassword,
  wish,
}: {
  action: FormAction;
  wish?: Wish | undefined;
  next: string;
  formKey?: string | undefined;
  title: string;
  busy: string;
  newPassword: boolean;
}) {
  return (
    <ActionForm
      action={action}
      formKey={formKey}
      fields={["email", "password", "name"]}
      label={title}
      className="space-y-5"
    >
      {(state) => (
        <>
          <input type="hidden" name="next" value={next} />
          {wish && <input type="hidden" name="ticketId" value={wish.ticketId} />}
          {wish && <input type="hidden" name="price" value={wish.price} />}
          <Field
            name="email"
            label="Email"
            type="email"
            autoComplete="email"
            required
            defaultValue={state.values.email}
            error={errorOf(state, "email")}
          />
          <Field
            name="password"
            label="Password"
            type="password"
            autoComplete={newPassword ? "new-password" : "current-password"}
            required
            {...(newPassword ? { hint: "8 to 128 characters, and not a common password" } : {})}
            error={errorOf(state, "password")}
          />
          {newPassword && <NameField value={state.values.name} error={errorOf(state, "name")} />}
          <SubmitButton pending={busy} className="w-full">
            {title}
          </SubmitButton>
        </>
      )}
    </ActionForm>
  );
}
