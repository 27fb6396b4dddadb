"use server";

import { redirect } from "next/navigation";
import { signIn, signOut, signUp } from "@/lib/api";
import { type FormState, textOf } from "@/lib/form-state";
import { ownPath } from "@/lib/own-path";

export async function submitSignUp(_: FormState, form: FormData): Promise<FormState> {
  return enter(signUp, form);
}

export async function submitSignIn(_: FormState, form: FormData): Promise<FormState> {
  return enter(signIn, form);
}

async function enter(open: typeof signIn, form: FormData): Promise<FormState> {
  const email = textOf(form, "email");
  const session = await open(email, textOf(form, "password"));
  // The password is not kept: it would travel back and stand in the page.
  if (!session.ok) return { values: { email }, errors: session.problem.errors };
  redirect(ownPath(form.get("next")));
}

export async function submitSignOut(): Promise<void> {
  const ended = await signOut();
  redirect(ended.ok ? "/" : "/signed-out");
}
