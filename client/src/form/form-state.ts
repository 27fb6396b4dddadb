import { redirect } from "next/navigation";
import type { Message, Problem, Sender, User } from "@/api/services";

/** What a form shows after a submission: its values and errors. */
export type FormState = {
  values: Record<string, string>;
  errors: Message[];
  /** The user has to pay for or cancel an open order first, so the form links to them. */
  openOrders?: boolean;
  /** The user is signed out, so the form offers a link to sign in. */
  signIn?: boolean;
};

export const emptyForm: FormState = { values: {}, errors: [] };

/** The hidden fields of every form. */
export const FORM_KEY = "formKey";
export const VIEWER = "viewer";

/** The first error of a field. */
export function errorOf(state: FormState, field: string): string | undefined {
  return state.errors.find((e) => e.field === field)?.message;
}

/** The errors that don't belong to any of the form's fields. */
export function otherErrors(state: FormState, fields: string[]): string[] {
  return state.errors.filter((e) => !e.field || !fields.includes(e.field)).map((e) => e.message);
}

/** A text field of a submitted form. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

/** The values that a form keeps, and its key, so that resubmitting it is the same attempt. */
export function kept(form: FormData, ...names: string[]): FormState["values"] {
  return Object.fromEntries([FORM_KEY, ...names].map((name) => [name, textOf(form, name)]));
}

/** Everything that was typed except passwords, which are never put back into a page. */
export function typed(form: FormData): FormState["values"] {
  const names = [...new Set(form.keys())].filter((name) => !/password/i.test(name) && name !== VIEWER);
  return kept(form, ...names.filter((name) => !name.startsWith("$")));
}

/** Whether a problem suggests that the page is out of date. */
export function isOvertaken({ kind, errors }: Problem): boolean {
  return kind !== "unavailable" && errors.some((e) => !e.field);
}

/** The user a page was rendered for, as its forms send it. */
export function viewerField(user: User): string {
  return `${user.id} ${user.email}`;
}

const VIEWER_FIELD = /^[0-9a-f]{24} .+$/s;

/** The key of a submitted form, and the user its page showed. */
export function senderOf(form: FormData): Sender & { email: string } {
  const viewer = textOf(form, VIEWER);
  if (viewer && !VIEWER_FIELD.test(viewer)) redirectUnreadable();
  const [as = ""] = viewer.split(" ");
  return { formKey: textOf(form, FORM_KEY), as, email: viewer.slice(as.length + 1) };
}

/** Refuses a form whose hidden fields are damaged. Without JavaScript, the status is 400 (proxy.ts). */
export function redirectUnreadable(): never {
  redirect("/refused/unreadable");
}
