"use server";

import { redirect } from "next/navigation";
import { ownPath } from "@/account/own-path";
import { redirectSwitched } from "@/account/session";
import { signIn, signOut, signUp } from "@/api/services";
import { type FormState, kept, senderOf, textOf } from "@/form/form-state";

export async function submitSignUp(_: FormState, form: FormData): Promise<FormState> {
  const { formKey } = senderOf(form);
  return enter((email, password) => signUp(email, password, { formKey, as: "" }), form);
}

export async function submitSignIn(_: FormState, form: FormData): Promise<FormState> {
  return enter(signIn, form);
}

async function enter(open: typeof signIn, form: FormData): Promise<FormState> {
  const email = textOf(form, "email");
  const session = await open(email, textOf(form, "password"));
  // The password isn't sent back to the page.
  if (!session.ok) return { values: kept(form, "email"), errors: session.problem.errors };
  redirect(ownPath(form.get("next")));
}

export async function submitSignOut(_: FormState, form: FormData): Promise<FormState> {
  const left = await signOut(senderOf(form));
  if (!left.ok && left.problem.kind === "other-user") redirectSwitched("/");
  return redirect(left.ok ? "/" : "/signed-out");
}
