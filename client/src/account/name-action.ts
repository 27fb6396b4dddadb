"use server";

import { redirect } from "next/navigation";
import { redirectSwitched } from "@/account/session";
import { editName } from "@/api/services";
import { type FormState, kept, senderOf, textOf } from "@/form/form-state";

const HERE = "/account";

export async function submitName(_: FormState, form: FormData): Promise<FormState> {
  const edited = await editName(textOf(form, "name"), senderOf(form));
  if (edited.ok) redirect(`${HERE}?saved=${Date.now()}`);
  if (edited.problem.kind === "other-user") redirectSwitched(HERE);
  const values = kept(form, "name");
  if (edited.problem.kind !== "not-authorized") return { values, errors: edited.problem.errors };
  const message =
    "You're signed out, so nothing was saved. What you typed is still here. Sign in from a new tab, then come back and try again.";
  return { values, errors: [{ message }], signIn: true };
}
