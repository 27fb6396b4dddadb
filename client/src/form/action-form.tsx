"use client";

import { unstable_isUnrecognizedActionError, unstable_rethrow } from "next/navigation";
import { type ReactNode, useActionState, useEffect, useRef, useSyncExternalStore } from "react";
import type { Message } from "@/api/services";
import { Alert } from "@/form/alert";
import { emptyForm, FORM_KEY, type FormState, otherErrors, typed } from "@/form/form-state";
import { ViewerField } from "@/form/viewer";

type Check = (form: FormData) => Message | undefined;

export type FormAction = (state: FormState, form: FormData) => Promise<FormState>;

/**
 * A form that works with and without JavaScript. Errors of a field are shown next to the field, which gets
 * the focus; other errors are shown on top and announced.
 */
export function ActionForm({
  action,
  formKey,
  fields = [],
  check,
  label,
  className,
  children,
}: {
  action: FormAction;
  /** Unique to each form that creates something, so that submitting it twice creates one thing. */
  formKey?: string | undefined;
  /** The names of the fields that show their own errors. */
  fields?: string[];
  /** Runs in the browser before the form is sent. The action must make the same check. */
  check?: Check;
  label: string;
  className?: string;
  children: (state: FormState) => ReactNode;
}) {
  // The server renders the bare action, which works without JavaScript; the browser wraps it.
  const asked = useInBrowser() ? answered(action, fields.length > 0, check) : action;
  const [state, formAction, pending] = useActionState(asked, emptyForm);
  const form = useRef<HTMLFormElement>(null);
  const submitted = useRef<Typed>(new Map());
  useEffect(() => {
    if (state.errors.length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [state]);
  const key = state.values[FORM_KEY] || formKey;
  return (
    <form
      ref={form}
      action={formAction}
      aria-label={label}
      className={className}
      // The services validate. The browser's own messages would differ.
      noValidate
      onSubmit={(event) => {
        if (pending) event.preventDefault();
        else submitted.current = typedInto(event.currentTarget);
      }}
      // React resets the form after each response. This restores chosen files and what the user typed meanwhile.
      onReset={(event) => {
        keepLater(event.currentTarget, submitted.current);
        keepFiles(event.currentTarget);
      }}
    >
      {key && <input type="hidden" name={FORM_KEY} value={key} />}
      <ViewerField />
      <Alert messages={otherErrors(state, fields)} />
      {state.signIn && (
        <a href="/signin" target="_blank" rel="noopener" className="link inline-block">
          Sign in <span className="sr-only">(opens in a new tab)</span>
        </a>
      )}
      {state.openOrders && (
        <a href="/orders?state=open" className="link inline-block">
          See your open orders
        </a>
      )}
      {children(state)}
    </form>
  );
}

type Input = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
type Typed = Map<Input, string | boolean>;

const isChoice = (input: Input): input is HTMLInputElement =>
  input.type === "radio" || input.type === "checkbox";

/** The state of each input that users can change. */
function typedInto(form: HTMLFormElement): Typed {
  const inputs = form.querySelectorAll<Input>('input:not([type="hidden"], [type="file"]), textarea, select');
  return new Map([...inputs].map((input) => [input, isChoice(input) ? input.checked : input.value]));
}

/** Puts back, after the reset that is about to happen, what changed since the form was submitted. */
function keepLater(form: HTMLFormElement, submitted: Typed): void {
  const later = [...typedInto(form)].filter(
    ([input, now]) => submitted.has(input) && submitted.get(input) !== now,
  );
  queueMicrotask(() => {
    for (const [input, now] of later) {
      if (typeof now === "string") input.value = now;
      else if (isChoice(input)) input.checked = now;
    }
  });
}

/** Restores the chosen files after the coming reset, which empties the file inputs. */
function keepFiles(form: HTMLFormElement): void {
  for (const input of form.querySelectorAll<HTMLInputElement>('input[type="file"]')) {
    if (!input.files?.length) continue;
    const chosen = new DataTransfer();
    for (const file of input.files) chosen.items.add(file);
    queueMicrotask(() => {
      input.files = chosen.files;
    });
  }
}

function useInBrowser(): boolean {
  return useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  );
}

/** Wraps an action so that the form keeps its values when there's no response. */
function answered(action: FormAction, hasFields: boolean, check?: Check): FormAction {
  return async (before, form) => {
    const fault = check?.(form);
    if (fault) return { values: typed(form), errors: [fault] };
    try {
      return await action(before, form);
    } catch (error) {
      unstable_rethrow(error);
      if (unstable_isUnrecognizedActionError(error)) {
        const reload = hasFields ? "Copy what you typed and reload the page." : "Reload the page.";
        const message = `Ticketing was updated after you opened this page. Nothing was changed. ${reload}`;
        return { values: typed(form), errors: [{ message }] };
      }
      console.warn("No response to a form:", error);
      const [what, next] = navigator.onLine
        ? ["We didn't get a response.", "Please try again in a moment."]
        : ["You're offline.", "Try again when you're back online."];
      const still = hasFields ? ["What you typed is still here."] : [];
      return { values: typed(form), errors: [{ message: [what, ...still, next].join(" ") }] };
    }
  };
}
