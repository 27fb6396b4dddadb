"use client";

import { type ReactNode, useActionState, useEffect, useRef } from "react";
import { emptyForm, type FormState, otherErrors } from "@/lib/form-state";
import { Alert } from "./alert";

export type FormAction = (state: FormState, form: FormData) => Promise<FormState>;

/**
 * A form that a Server Action answers, with JavaScript or without. What is wrong with a field stands at
 * the field, which gets the focus; anything else stands on top and is announced.
 */
export function ActionForm({
  action,
  fields = [],
  label,
  className,
  children,
}: {
  action: FormAction;
  /** The names of the fields that show their own errors. */
  fields?: string[];
  label: string;
  className?: string;
  children: (state: FormState) => ReactNode;
}) {
  const [state, formAction, pending] = useActionState(action, emptyForm);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (state.errors.length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [state]);
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
      <Alert messages={otherErrors(state, fields)} />
      {children(state)}
    </form>
  );
}
