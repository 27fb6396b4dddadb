"use server";

import { revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { redirectSwitched, signInPath } from "@/account/session";
import { endEverySession, endSession, type Problem } from "@/api/services";
import { type FormState, senderOf, textOf } from "@/form/form-state";

const HERE = "/sessions";

export async function submitSessionEnd(_: FormState, form: FormData): Promise<FormState> {
  const ended = await endSession(textOf(form, "id"), senderOf(form));
  // A missing session has ended already.
  if (!ended.ok && ended.problem.kind !== "missing") return refused(ended.problem);
  revalidatePath(HERE);
  redirect(HERE);
}

export async function submitSignOutEverywhere(_: FormState, form: FormData): Promise<FormState> {
  const ended = await endEverySession(senderOf(form));
  if (!ended.ok) return refused(ended.problem);
  revalidatePath("/", "layout");
  redirect("/");
}

function refused(problem: Problem): FormState {
  if (problem.kind === "other-user") redirectSwitched(HERE);
  if (problem.kind === "not-authorized") redirect(signInPath(HERE));
  return { values: {}, errors: problem.errors };
}
