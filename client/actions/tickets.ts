"use server";

import { refresh } from "next/cache";
import { redirect } from "next/navigation";
import { createTicket, editTicket, type Outcome, type Ticket } from "@/lib/api";
import { type FormState, textOf } from "@/lib/form-state";
import { parsePrice } from "@/lib/format";
import { signInPath } from "@/lib/session";

export async function submitTicket(_: FormState, form: FormData): Promise<FormState> {
  const { values, offer } = read(form);
  return finish(values, "/sell", await createTicket(offer));
}

export async function submitEdit(_: FormState, form: FormData): Promise<FormState> {
  const { values, offer } = read(form);
  const id = textOf(form, "id");
  return finish(values, `/tickets/${encodeURIComponent(id)}/edit`, await editTicket(id, offer));
}

function read(form: FormData) {
  const values = { title: textOf(form, "title"), price: textOf(form, "price") };
  return { values, offer: { title: values.title, price: parsePrice(values.price) } };
}

function finish(values: FormState["values"], here: string, ticket: Outcome<Ticket>): FormState {
  if (ticket.ok) redirect(`/tickets/${ticket.value.id}`);
  if (ticket.problem.kind === "not-authorized") redirect(signInPath(here));
  refresh(); // the ticket may have been reserved meanwhile
  return { values, errors: ticket.problem.errors };
}
