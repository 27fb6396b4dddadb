"use server";

import { refresh, revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { redirectSwitched, signInPath } from "@/account/session";
import {
  type Charge,
  cancelOrder,
  cancelPayment,
  type Order,
  type Outcome,
  type Problem,
  pay,
  placeOrder,
  refetchOrder,
  refetchTicket,
  type Wish,
} from "@/api/services";
import {
  FORM_KEY,
  type FormState,
  isOvertaken,
  kept,
  redirectUnreadable,
  senderOf,
  textOf,
} from "@/form/form-state";
import { wishIn } from "@/order/wish";
import { changesOf } from "@/ticket/changes";

export async function submitReservation(_: FormState, form: FormData): Promise<FormState> {
  const wish = wishIn(form) ?? redirectUnreadable();
  const here = `/tickets/${encodeURIComponent(wish.ticketId)}`;
  const order = await placeOrRepeat(wish, form);
  if (order.ok) show(`/orders/${order.value.id}`);
  leaveIfNotOneself(order.problem, here);
  if (order.problem.kind === "refused") {
    if (isChange(order.problem)) return changed(form, wish, order.problem);
    if (isLimit(order.problem)) {
      const openOrders = order.problem.type === "/problems/too-many-open-orders";
      return { values: kept(form, "price", "title", "changed"), errors: order.problem.errors, openOrders };
    }
    // Wait until tickets has heard of the reservation, or the page would still offer the ticket.
    await until(async () => (await refetchTicket(wish.ticketId))?.status !== "available", 1_000);
    redirect(`${here}?taken=${Date.now()}`);
  }
  return refused(order.problem, kept(form, "price", "title", "changed"));
}

/** Shows a page whose header reads the user's open orders again. */
function show(path: string): never {
  revalidatePath("/", "layout");
  redirect(path);
}

/** Whether an order was refused although its ticket is available. */
function isLimit({ type }: Problem): boolean {
  return type === "/problems/too-many-open-orders" || type === "/problems/reserved-too-often";
}

/** Whether an order was refused because the ticket's price or title changed. */
function isChange(problem: Problem): boolean {
  return problem.errors.some((e) => e.field === "price" || e.field === "title");
}

/**
 * Places an order. Back may show the form of an order that was cancelled meanwhile, whose key still names
 * that order. The next order's key is derived from both, so submitting the form twice still makes one order.
 */
async function placeOrRepeat(wish: Wish, form: FormData): Promise<Outcome<Order>> {
  for (;;) {
    const order = await placeAsShown(wish, form);
    if (!order.ok) return order;
    const now = await refetchOrder(order.value.id).catch(() => null);
    if (now?.status !== "cancelled") return order;
    form.set(FORM_KEY, `${textOf(form, FORM_KEY)} ${now.id}`);
  }
}

/** Places an order, and retries while orders hasn't heard of a change that the page already shows. */
async function placeAsShown(wish: Wish, form: FormData): Promise<Outcome<Order>> {
  let order = await placeOrder(wish, senderOf(form));
  await until(async () => {
    if (order.ok || !isChange(order.problem)) return true;
    const now = await refetchTicket(wish.ticketId);
    if (now?.price !== wish.price || now?.title !== wish.title) return true;
    order = await placeOrder(wish, senderOf(form));
    return false;
  }, 5_000);
  return order;
}

/** Says what changed and asks. The next submission uses the ticket's current price and title. */
async function changed(form: FormData, shown: Wish, problem: Problem): Promise<FormState> {
  const now = await refetchTicket(shown.ticketId).catch(() => null);
  if (!now) return { values: kept(form, "price", "title"), errors: problem.errors };
  revalidatePath(`/tickets/${shown.ticketId}`);
  return {
    values: { ...kept(form), price: String(now.price), title: JSON.stringify(now.title), changed: "yes" },
    errors: [{ message: [...changesOf(shown, now), "Nothing is reserved yet."].join(" ") }],
  };
}

export async function submitCancellation(_: FormState, form: FormData): Promise<FormState> {
  const id = textOf(form, "orderId");
  const here = `/orders/${encodeURIComponent(id)}`;
  const cancelled = await cancelOrder(id, senderOf(form));
  if (cancelled.ok) show(here);
  leaveIfNotOneself(cancelled.problem, here);
  return refused(cancelled.problem);
}

export async function submitPayment(_: FormState, form: FormData): Promise<FormState> {
  const id = textOf(form, "orderId");
  const here = `/orders/${encodeURIComponent(id)}`;
  const charge = await pay(id, textOf(form, "token"), senderOf(form));
  if (charge.ok) {
    await settled(charge.value);
    show(here);
  }
  leaveIfNotOneself(charge.problem, here);
  switch (charge.problem.kind) {
    case "in-progress":
      show(here);
      break;
    case "declined":
      await until(async () => (await refetchOrder(id))?.status === "cancelled", 2_000);
      show(here);
  }
  return refused(charge.problem, kept(form, "token"));
}

/** Redirects to sign-in if the session has ended, or to an explanation if another user is signed in. */
function leaveIfNotOneself(problem: Problem, here: string): void {
  if (problem.kind === "not-authorized") redirect(signInPath(here));
  if (problem.kind === "other-user") redirectSwitched(here);
}

export async function submitPaymentCancellation(_: FormState, form: FormData): Promise<FormState> {
  const id = textOf(form, "orderId");
  const here = `/orders/${encodeURIComponent(id)}`;
  const charge = await cancelPayment(id, senderOf(form));
  if (charge.ok) {
    await settled(charge.value);
    show(here);
  }
  leaveIfNotOneself(charge.problem, here);
  return refused(charge.problem);
}

/** Shows why an action failed. If the page is out of date, it's refreshed. */
function refused(problem: Problem, values: FormState["values"] = {}): FormState {
  if (isOvertaken(problem)) refresh();
  return { values, errors: problem.errors };
}

/** Waits until orders has heard of a payment's outcome, so the next page shows it. */
async function settled(charge: Charge): Promise<void> {
  if (charge.status === "pending") return;
  await until(async () => {
    const order = await refetchOrder(charge.orderId);
    return order?.status === "complete" || order?.status === "cancelled";
  }, 2_000);
}

/** Waits up to so many milliseconds for something to become true. Callers don't rely on it. */
async function until(isSo: () => Promise<boolean>, milliseconds: number): Promise<void> {
  const end = Date.now() + milliseconds;
  try {
    while (!(await isSo()) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 60));
  } catch {
    // The next page reads it again and reports any failure.
  }
}
