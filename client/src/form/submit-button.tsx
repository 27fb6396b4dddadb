"use client";

import type { ReactNode } from "react";
import { useFormStatus } from "react-dom";

/**
 * A submit button that shows progress and ignores clicks while the form is pending. It keeps the focus,
 * which a disabled button would lose.
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
  /** The form can't be submitted yet. */
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
