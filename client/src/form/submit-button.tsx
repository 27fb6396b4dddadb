"use client";

import type { ReactNode } from "react";
import { useFormStatus } from "react-dom";

/**
 * The button of a form, which sends it once: while an answer is awaited it says so and does nothing. It
 * keeps the focus, which a disabled button would lose.
 */
export function SubmitButton({
  children,
  pending: busyText,
  className = "",
  disabled,
}: {
  children: ReactNode;
  pending: string;
  className?: string;
  /** There is nothing to send yet. */
  disabled?: boolean;
}) {
  const { pending } = useFormStatus();
  return (
    <button
      type="submit"
      className={`button ${className}`}
      disabled={disabled}
      aria-disabled={pending}
      onClick={(event) => {
        if (pending) event.preventDefault();
      }}
    >
      {pending ? busyText : children}
    </button>
  );
}
