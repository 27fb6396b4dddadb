"use server";

import { redirect } from "next/navigation";
import { ownPath } from "@/account/own-path";
import { redirectSwitched } from "@/account/session";
import { placeOrder, refetchTicket, signIn, signOut, signUp, type User } from "@/api/services";
import { FORM_KEY, type FormState, kept, senderOf, textOf } from "@/form/form-state";
import { wishIn } from "@/order/wish";

export async function submitSignUp(_: FormState, form: FormData): Promise<FormState> {
  const { formKey } = senderOf(form);
  const name = textOf(form, "name");
  return enter((email, password) => signUp({ email, password, name }, { formKey, as: "" }), form);
}

export async function submitSignIn(_: FormState, form: FormData): Promise<FormState> {
  return enter(signIn, form);
}

async function enter(open: typeof signIn, form: FormData): Promise<FormState> {
  const email = textOf(form, "email");
  const session = await open(email, textOf(form, "password"));
  // The password isn't sent back to the page.
  if (!session.ok) return { values: kept(form, "email", "name"), errors: session.problem.errors };
  const next = ownPath(form.get("next"));
  redirect((await reserved(form, session.value, next)) ?? next);
}

/** Completes the reservation that led to the form, and returns the order's page, or the ticket's if it's taken. */
async function reserved(form: FormData, user: User, next: string): Promise<string | undefined> {
  const wish = form.has("ticketId") && wishIn(form);
  if (!wish) return undefined;
  // The page doesn't offer sellers their own tickets.
  const ticket = await refetchTicket(wish.ticketId).catch(() => null);
  if (!ticket || ticket.userId === user.id) return undefined;
  const sender = { formKey: textOf(form, FORM_KEY), as: user.id };
  const order = await placeOrder(wish, sender, true);
  if (order.ok) return `/orders/${order.value.id}`;
  return order.problem.type === "/problems/ticket-reserved" ? `${next}?taken=${Date.now()}` : undefined;
}

export async function submitSignOut(_: FormState, form: FormData): Promise<FormState> {
  const left = await signOut(senderOf(form));
  if (!left.ok && left.problem.kind === "other-user") redirectSwitched("/");
  return redirect(left.ok ? "/" : "/signed-out");
}
