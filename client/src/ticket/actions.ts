"use server";

import { refresh, revalidatePath } from "next/cache";
import { redirect } from "next/navigation";
import { redirectSwitched, signInPath } from "@/account/session";
import {
  createTicket,
  currentUser,
  editTicket,
  givePrivateFile,
  givePrivatePart,
  type Message,
  type Offer,
  type Outcome,
  type Problem,
  removePrivatePart,
  type Ticket,
  withdrawTicket,
} from "@/api/services";
import { type FormState, isOvertaken, kept, senderOf, textOf } from "@/form/form-state";
import { hasStarted, startsAtIn } from "@/ticket/occasion";
import { parsePrice } from "@/ticket/price";
import { fileIn, MAX_FILE, TOO_LARGE } from "@/ticket/private-file";

const FIELDS = ["title", "price", "startsAt", "zone", "venue", "city", "seat", "description"];

export async function submitTicket(_: FormState, form: FormData): Promise<FormState> {
  const ticket = await createTicket(offerIn(form), senderOf(form));
  if (!ticket.ok && ticket.problem.kind === "other-user") {
    // The response shows the current account, and the next submission uses it.
    revalidatePath("/", "layout");
    const was = senderOf(form).email;
    const told = ticket.problem.errors.map((e) => e.message).join(" ");
    const message = `${told}, but this page was opened as ${was}. Nothing was listed. Submit it again to list it under your account.`;
    return { values: kept(form, ...FIELDS), errors: [{ message }] };
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

export async function submitWithdrawal(_: FormState, form: FormData): Promise<FormState> {
  const id = textOf(form, "ticketId");
  const here = `/tickets/${encodeURIComponent(id)}`;
  const withdrawn = await withdrawTicket(id, senderOf(form));
  if (!withdrawn.ok && withdrawn.problem.kind === "other-user") redirectSwitched(here);
  if (!withdrawn.ok && withdrawn.problem.kind === "not-authorized") redirect(signInPath(here));
  if (!withdrawn.ok) {
    if (isOvertaken(withdrawn.problem)) refresh();
    return { values: {}, errors: withdrawn.problem.errors };
  }
  revalidatePath(here);
  redirect(here);
}

export async function submitPrivatePart(_: FormState, form: FormData): Promise<FormState> {
  const id = textOf(form, "ticketId");
  const [text, file] = [textOf(form, "text"), fileIn(form, "file")];
  const values = kept(form, "text");
  const own = faultIn(text, file);
  if (own) return { values, errors: [own] };
  const given = file
    ? await givePrivateFile(id, file, senderOf(form))
    : await givePrivatePart(id, text, senderOf(form));
  return finishPrivatePart(id, given, values);
}

export async function submitRemoval(_: FormState, form: FormData): Promise<FormState> {
  const id = textOf(form, "ticketId");
  return finishPrivatePart(id, await removePrivatePart(id, senderOf(form)), {});
}

/** The error that the form shows without a request to the service. */
function faultIn(text: string, file: File | undefined): Message | undefined {
  if (file && text.trim()) return { field: "file", message: "Give either a code or a file, not both." };
  if (file && file.size > MAX_FILE) return { field: "file", message: TOO_LARGE };
  if (!file && !text.trim()) return { field: "text", message: "Enter a code or link, or choose a file." };
  return undefined;
}

async function finishPrivatePart(
  ticketId: string,
  given: Outcome<unknown>,
  values: FormState["values"],
): Promise<FormState> {
  const here = `/tickets/${encodeURIComponent(ticketId)}`;
  if (given.ok) redirect(`${here}?saved=${Date.now()}`);
  if (given.problem.kind === "other-user") redirectSwitched(here);
  if (given.problem.kind === "not-authorized") return { values, ...(await refusedUser()) };
  if (isOvertaken(given.problem)) refresh();
  // The form has no field for the file's name, so its error is shown at the file.
  const errors = given.problem.errors.map((e) => (e.field === "name" ? { ...e, field: "file" } : e));
  return { values, errors };
}

function offerIn(form: FormData): Offer {
  const price = parsePrice(textOf(form, "price"));
  const start = startIn(form);
  const refused = ownErrors(form).length > 0;
  return {
    title: textOf(form, "title"),
    price: "dollars" in price ? price.dollars : null,
    event: {
      // The service refuses a start that isn't one, along with any other errors.
      ...(refused ? { startsAt: "unreadable" } : start && { startsAt: start }),
      venue: textOf(form, "venue"),
      city: textOf(form, "city"),
    },
    description: textOf(form, "description"),
    seat: textOf(form, "seat"),
  };
}

/** The start that was typed, or null. */
function startIn(form: FormData): string | null {
  return startsAtIn(textOf(form, "startsAt"), textOf(form, "zone"));
}

/** What the form asks for beyond the service: when and where, and a start to come. */
function ownErrors(form: FormData): Message[] {
  const [local, zone, start] = [textOf(form, "startsAt"), textOf(form, "zone"), startIn(form)];
  const listing = textOf(form, "id") === "";
  const errors: Message[] = [];
  if (listing && !local) {
    errors.push({ field: "startsAt", message: "Enter the date and time when the event starts." });
  } else if (local && !zone) {
    errors.push({ field: "zone", message: "Choose the time zone of the place." });
  } else if (local && !start) {
    errors.push({ field: "startsAt", message: "Enter a date and time such as 2027-05-01T20:00." });
  } else if (start && listing && hasStarted({ event: { startsAt: start } }, new Date())) {
    errors.push({
      field: "startsAt",
      message: "Enter a time in the future: an event that has started can't be sold.",
    });
  }
  if (listing && textOf(form, "venue").trim() === "") {
    errors.push({ field: "venue", message: "Enter the venue." });
  }
  return errors;
}

async function finish(form: FormData, ticket: Outcome<Ticket>): Promise<FormState> {
  if (ticket.ok) redirect(`/tickets/${ticket.value.id}`);
  const values = kept(form, ...FIELDS);
  if (ticket.problem.kind !== "not-authorized") {
    if (isOvertaken(ticket.problem)) refresh();
    return { values, errors: inWords(form, ticket.problem) };
  }
  return { values, ...(await refusedUser()) };
}

/** Either the session has ended or the ticket belongs to someone else. */
async function refusedUser(): Promise<Omit<FormState, "values">> {
  const user = await currentUser().catch(() => null);
  if (user) return { errors: [{ message: "Only the seller can edit this ticket." }] };
  const message =
    "You're signed out, so nothing was saved. What you typed is still here. Sign in from a new tab, then come back and try again.";
  return { errors: [{ message }], signIn: true };
}

/** The service's errors by the form's fields. The form's own errors are more specific. */
function inWords(form: FormData, problem: Problem): FormState["errors"] {
  const price = parsePrice(textOf(form, "price"));
  const own = ownErrors(form);
  if ("problem" in price) own.push({ field: "price", message: price.problem });
  if (problem.kind !== "refused" || !problem.errors.some((e) => e.field)) return problem.errors;
  const errors = problem.errors.map((e) => (e.field ? { ...e, field: e.field.replace("event.", "") } : e));
  const named = new Set(own.map((e) => e.field));
  const left = errors.filter((e) => !named.has(e.field) && !(own.length > 0 && e.field === "startsAt"));
  return [...left, ...own];
}
