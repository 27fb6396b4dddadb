"use server";

import { redirect } from "next/navigation";
import { redirectSwitched, signInPath } from "@/account/session";
import { changePassword, confirmEmail, forgetPassword, type Problem, resetPassword } from "@/api/services";
import { type FormState, kept, senderOf, textOf } from "@/form/form-state";

export async function submitForgotten(_: FormState, form: FormData): Promise<FormState> {
  const asked = await forgetPassword(textOf(form, "email"));
  if (!asked.ok) return { values: kept(form, "email"), errors: asked.problem.errors };
  redirect(`/forgot-password?${asked.value.mailed ? "sent" : "unsent"}=1`);
}

export async function submitNewPassword(_: FormState, form: FormData): Promise<FormState> {
  const set = await resetPassword(textOf(form, "token"), textOf(form, "password"));
  if (!set.ok) return { values: {}, errors: set.problem.errors };
  redirect("/reset-password?done=1");
}

export async function submitConfirmation(_: FormState, form: FormData): Promise<FormState> {
  const confirmed = await confirmEmail(textOf(form, "token"));
  if (!confirmed.ok) return { values: {}, errors: confirmed.problem.errors };
  redirect("/confirm-email?done=1");
}

export async function submitPasswordChange(_: FormState, form: FormData): Promise<FormState> {
  const current = textOf(form, "currentPassword");
  const changed = await changePassword(current, textOf(form, "password"), senderOf(form));
  if (!changed.ok) return refused(changed.problem);
  redirect("/account?changed=1");
}

function refused(problem: Problem): FormState {
  if (problem.kind === "other-user") redirectSwitched("/account");
  if (problem.kind === "not-authorized") redirect(signInPath("/account"));
  return { values: {}, errors: problem.errors };
}
