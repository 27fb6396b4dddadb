import type { InputHTMLAttributes, ReactNode, SelectHTMLAttributes, TextareaHTMLAttributes } from "react";

type Labelled = {
  name: string;
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
};

type Props = InputHTMLAttributes<HTMLInputElement> &
  Labelled & {
    /** Shown before the input's text. */
    prefix?: string;
  };

/** A labelled input with its hint and its error. */
export function Field({ name, label, hint, error, prefix, ...input }: Props) {
  return (
    <Frame name={name} label={label} hint={hint} error={error}>
      {prefix && (
        <span aria-hidden="true" className="absolute inset-y-0 left-3.5 flex items-center text-muted">
          {prefix}
        </span>
      )}
      <input
        {...input}
        {...described(name, hint, error)}
        id={name}
        name={name}
        className={`input ${prefix ? "pl-8" : ""}`}
      />
    </Frame>
  );
}

/** A labelled text of several lines. */
export function TextField({
  name,
  label,
  hint,
  error,
  ...area
}: TextareaHTMLAttributes<HTMLTextAreaElement> & Labelled) {
  return (
    <Frame name={name} label={label} hint={hint} error={error}>
      <textarea {...area} {...described(name, hint, error)} id={name} name={name} className="input" />
    </Frame>
  );
}

/** A labelled choice. */
export function ChoiceField({
  name,
  label,
  hint,
  error,
  ...select
}: SelectHTMLAttributes<HTMLSelectElement> & Labelled) {
  return (
    <Frame name={name} label={label} hint={hint} error={error}>
      <select {...select} {...described(name, hint, error)} id={name} name={name} className="input" />
    </Frame>
  );
}

function described(name: string, hint: string | undefined, error: string | undefined) {
  const ids = [error && `${name}-error`, hint && `${name}-hint`].filter(Boolean).join(" ");
  return { "aria-invalid": error ? true : undefined, "aria-describedby": ids || undefined } as const;
}

function Frame({ name, label, hint, error, children }: Labelled & { children: ReactNode }) {
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
      <div className="relative">{children}</div>
      {error && (
        <p id={`${name}-error`} className="font-medium text-bad text-sm">
          {error}
        </p>
      )}
    </div>
  );
}
