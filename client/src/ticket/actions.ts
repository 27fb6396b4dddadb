"use server";

import { refresh, revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { redirectSwitched } from "@/account/session";
import {
  createTicket,
  currentUser,
  editTicket,
  type Outcome,
  type Problem,
  type Ticket,
} from "@/api/services";
import { type FormState, isOvertaken, kept, senderOf, textOf } from "@/form/form-state";
import { parsePrice } from "@/ticket/price";

export async function submitTicket(_: FormState, form: FormData): Promise<FormState> {
  const ticket = await createTicket(offerIn(form), senderOf(form));
  if (!ticket.ok && ticket.problem.kind === "other-user") {
    // The response shows the current account, and the next submission uses it.
    revalidatePath("/", "layout");
    const was = senderOf(form).email;
    const told = ticket.problem.errors.map((e) => e.message).join(" ");
    const message = `${told}, but this page was opened as ${was}. Nothing was listed. Submit it again to list it under your account.`;
    return { values: kept(form, "title", "price"), errors: [{ message }] };
  }
  return finish(form, ticket);
}

export async function submitEdit(_: FormState, form: FormData): Promise<FormState> {
  const id = textOf(form, "id");
  const ticket = await editTicket(id, offerIn(form), senderOf(form));
  if (!ticket.ok && ticket.problem.kind === "other-user") {
    redirectSwitched(`/tickets/${encodeURIComponent(id)}`);
  }
  if (ticket.ok) redirect(`/tickets/${ticket.value.id}?saved=${Date.now()}`);
  return finish(form, ticket);
}

function offerIn(form: FormData) {
  const price = parsePrice(textOf(form, "price"));
  return { title: textOf(form, "title"), price: "dollars" in price ? price.dollars : null };
}

async function finish(form: FormData, ticket: Outcome<Ticket>): Promise<FormState> {
  if (ticket.ok) redirect(`/tickets/${ticket.value.id}`);
  const values = kept(form, "title", "price");
  if (ticket.problem.kind !== "not-authorized") {
    if (isOvertaken(ticket.problem)) refresh();
    return { values, errors: inWords(form, ticket.problem) };
  }
  // Either the session has ended or the ticket belongs to someone else.
  const user = await currentUser().catch(() => null);
  if (user) return { values, errors: [{ message: "Only the seller can edit this ticket." }] };
  const message =
    "You're signed out, so nothing was saved. What you typed is still here. Sign in from a new tab, then come back and try again.";
  return { values, errors: [{ message }], signIn: true };
}

/** The service's errors. For a price that didn't parse, the form's own error is more specific. */
function inWords(form: FormData, problem: Problem): FormState["errors"] {
  const price = parsePrice(textOf(form, "price"));
  if (!("problem" in price)) return problem.errors;
  return problem.errors.map((e) => (e.field === "price" ? { ...e, message: price.problem } : e));
}
