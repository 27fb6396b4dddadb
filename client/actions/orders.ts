"use server";

import { refresh } from "next/cache";
import { redirect } from "next/navigation";
import {
  type Charge,
  cancelOrder,
  cancelPayment,
  type Problem,
  pay,
  placeOrder,
  refetchOrder,
  refetchTicket,
} from "@/lib/api";
import { type FormState, textOf } from "@/lib/form-state";
import { signInPath } from "@/lib/session";

export async function submitReservation(_: FormState, form: FormData): Promise<FormState> {
  const ticketId = textOf(form, "ticketId");
  const here = `/tickets/${encodeURIComponent(ticketId)}`;
  const order = await placeOrder(ticketId);
  if (order.ok) redirect(`/orders/${order.value.id}`);
  switch (order.problem.kind) {
    case "not-authorized":
      redirect(signInPath(here));
      break;
    case "refused":
      // tickets hears of it a moment after orders: the page must not still offer the ticket.
      await until(async () => (await refetchTicket(ticketId))?.status !== "available", 1_000);
      redirect(`${here}?taken=${Date.now()}`);
  }
  return refused(order.problem);
}

export async function submitCancellation(_: FormState, form: FormData): Promise<FormState> {
  const id = textOf(form, "orderId");
  const here = `/orders/${encodeURIComponent(id)}`;
  const cancelled = await cancelOrder(id);
  if (cancelled.ok) redirect(here);
  if (cancelled.problem.kind === "not-authorized") redirect(signInPath(here));
  return refused(cancelled.problem);
}

export async function submitPayment(_: FormState, form: FormData): Promise<FormState> {
  const id = textOf(form, "orderId");
  const token = textOf(form, "token");
  const here = `/orders/${encodeURIComponent(id)}`;
  const charge = await pay(id, token);
  if (charge.ok) {
    await settled(charge.value);
    redirect(here);
  }
  switch (charge.problem.kind) {
    case "not-authorized":
      redirect(signInPath(here));
      break;
    case "declined":
      await until(async () => (await refetchOrder(id))?.status === "cancelled", 2_000);
      redirect(here);
  }
  return refused(charge.problem, { token });
}

export async function submitPaymentCancellation(_: FormState, form: FormData): Promise<FormState> {
  const id = textOf(form, "orderId");
  const here = `/orders/${encodeURIComponent(id)}`;
  const charge = await cancelPayment(id);
  if (charge.ok) {
    await settled(charge.value);
    redirect(here);
  }
  if (charge.problem.kind === "not-authorized") redirect(signInPath(here));
  return refused(charge.problem);
}

/** Tells what was refused, on a page that shows the state as it is now. */
function refused({ errors }: Problem, values: FormState["values"] = {}): FormState {
  refresh();
  return { values, errors };
}

/** Waits until orders has heard of a payment that is decided, so that its page does not show less than is known. */
async function settled(charge: Charge): Promise<void> {
  if (charge.status === "pending") return;
  await until(async () => {
    const order = await refetchOrder(charge.orderId);
    return order?.status === "complete" || order?.status === "cancelled";
  }, 2_000);
}

/** Waits for something that is about to be so, at most for so many milliseconds. What follows does not rely on it. */
async function until(isSo: () => Promise<boolean>, milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  try {
    while (!(await isSo()) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 60));
  } catch {
    // The page that follows asks again, and says if there is no answer.
  }
}
