import type { InputHTMLAttributes } from "react";

type Props = InputHTMLAttributes<HTMLInputElement> & {
  name: string;
  label: string;
  hint?: string;
  error?: string | undefined;
  /** Shown before the input's text. */
  prefix?: string;
};

/** A labelled input with its hint and its error. */
export function Field({ name, label, hint, error, prefix, ...input }: Props) {
  const described = [error && `${name}-error`, hint && `${name}-hint`].filter(Boolean).join(" ");
  return (
    <div className="space-y-1.5">
      <label htmlFor={name} className="block font-semibold">
        {label}
      </label>
      {hint && (
        <p id={`${name}-hint`} className="text-muted text-sm">
          {hint}
        </p>
      )}
      <div className="relative">
        {prefix && (
          <span aria-hidden="true" className="absolute inset-y-0 left-3.5 flex items-center text-muted">
            {prefix}
          </span>
        )}
        <input
          {...input}
          id={name}
          name={name}
          className={`input ${prefix ? "pl-8" : ""}`}
          aria-invalid={error ? true : undefined}
          aria-describedby={described || undefined}
        />
      </div>
      {error && (
        <p id={`${name}-error`} className="font-medium text-bad text-sm">
          {error}
        </p>
      )}
    </div>
  );
}
