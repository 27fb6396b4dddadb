"use client";

import { submitSessionEnd, submitSignOutEverywhere } from "@/account/session-actions";
import { ActionForm } from "@/form/action-form";
import { SubmitButton } from "@/form/submit-button";

/** Signs out another of the user's browsers. */
export function EndSessionForm({ id, device }: { id: string; device: string }) {
  return (
    <ActionForm action={submitSessionEnd} label={`Sign out ${device}`}>
      {() => (
        <>
          <input type="hidden" name="id" value={id} />
          <SubmitButton pending="Signing out…">Sign out</SubmitButton>
        </>
      )}
    </ActionForm>
  );
}

export function SignOutEverywhereForm() {
  return (
    <ActionForm action={submitSignOutEverywhere} label="Sign out everywhere">
      {() => <SubmitButton pending="Signing out…">Sign out everywhere</SubmitButton>}
    </ActionForm>
  );
}
