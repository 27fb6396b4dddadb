"use client";

import { unstable_isUnrecognizedActionError, unstable_rethrow } from "next/navigation";
import { type ReactNode, useActionState, useEffect, useRef, useSyncExternalStore } from "react";
import { Alert } from "@/form/alert";
import { emptyForm, FORM_KEY, type FormState, otherErrors, typed } from "@/form/form-state";
import { ViewerField } from "@/form/viewer";

export type FormAction = (state: FormState, form: FormData) => Promise<FormState>;

/**
 * A form that a Server Action answers, with JavaScript or without. What is wrong with a field stands at
 * the field, which gets the focus; anything else stands on top and is announced.
 */
export function ActionForm({
  action,
  formKey,
  fields = [],
  label,
  className,
  children,
}: {
  action: FormAction;
  /** Unique to each form that creates something, so that submitting it twice creates one thing. */
  formKey?: string | undefined;
  /** The names of the fields that show their own errors. */
  fields?: string[];
  label: string;
  className?: string;
  children: (state: FormState) => ReactNode;
}) {
  // The server renders the bare action, which works without JavaScript; the browser wraps it.
  const [state, formAction, pending] = useActionState(useInBrowser() ? answered(action) : action, emptyForm);
  const form = useRef<HTMLFormElement>(null);
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
      // The services say what is wrong, in their words; the browser would in its own.
      noValidate
      onSubmit={(event) => {
        if (pending) event.preventDefault();
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
      {children(state)}
    </form>
  );
}

function useInBrowser(): boolean {
  return useSyncExternalStore(
    () => () => {},
    () => true,
    () => false,
  );
}

const OUTDATED = {
  message:
    "Ticketing was updated after you opened this page. Nothing was changed. Copy what you typed and reload the page.",
};

/** Wraps an action so that the form keeps its values when there's no response. */
function answered(action: FormAction): FormAction {
  return async (before, form) => {
    try {
      return await action(before, form);
    } catch (error) {
      unstable_rethrow(error);
      if (unstable_isUnrecognizedActionError(error)) return { values: typed(form), errors: [OUTDATED] };
      console.warn("No response to a form:", error);
      const message = navigator.onLine
        ? "We didn't get a response. What you typed is still here. Please try again in a moment."
        : "You're offline. What you typed is still here. Try again when you're back online.";
      return { values: typed(form), errors: [{ message }] };
    }
  };
}
