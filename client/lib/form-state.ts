import type { Message } from "./api";

/** What a form shows after a try: what was typed, and what the service found wrong with it. */
export type FormState = { values: Record<string, string>; errors: Message[] };

export const emptyForm: FormState = { values: {}, errors: [] };

/** The first thing that is wrong with a field. */
export function errorOf(state: FormState, field: string): string | undefined {
  return state.errors.find((e) => e.field === field)?.message;
}

/** What is wrong with none of the form's fields. */
export function otherErrors(state: FormState, fields: string[]): string[] {
  return state.errors.filter((e) => !e.field || !fields.includes(e.field)).map((e) => e.message);
}

/** A text field of a submitted form. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
