import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { CredentialsForm } from "@/account/auth-form";
import type { FormState } from "@/form/form-state";

vi.mock("@/account/actions", () => ({ submitSignIn: vi.fn(), submitSignUp: vi.fn() }));

afterEach(cleanup);

function show(answer: FormState) {
  const action = vi.fn(async (_: FormState, _form: FormData) => answer);
  render(<CredentialsForm action={action} next="/sell" title="Sign up" busy="Signing up…" newPassword />);
  return action;
}

const email = () => screen.getByLabelText<HTMLInputElement>("Email");
const password = () => screen.getByLabelText<HTMLInputElement>("Password");

function submit() {
  fireEvent.change(email(), { target: { value: "nope" } });
  fireEvent.change(password(), { target: { value: "short" } });
  fireEvent.click(screen.getByRole("button"));
}

test("sends what was typed, and where to go next", async () => {
  const action = show({ values: {}, errors: [] });
  submit();
  await waitFor(() => expect(action).toHaveBeenCalled());
  expect(Object.fromEntries(action.mock.calls[0]?.[1] as FormData)).toEqual({
    next: "/sell",
    email: "nope",
    name: "",
    password: "short",
  });
});

test("shows each error at its field, with what was typed, and leads to the first", async () => {
  show({
    values: { email: "nope" },
    errors: [
      { message: "Email must be valid", field: "email" },
      { message: "Password must be between 8 and 128 characters", field: "password" },
    ],
  });
  submit();
  await screen.findByText("Email must be valid");
  expect(email().getAttribute("aria-invalid")).toBe("true");
  expect(email().getAttribute("aria-describedby")).toBe("email-error");
  expect(password().getAttribute("aria-describedby")).toBe("password-error password-hint");
  expect(email().value).toBe("nope");
  expect(document.activeElement).toBe(email());
  expect(screen.queryByRole("alert")).toBeNull();
});

test("does not keep a password", async () => {
  show({ values: { email: "nope" }, errors: [{ message: "Invalid credentials" }] });
  submit();
  await screen.findByRole("alert");
  expect(password().value).toBe("");
});

test("announces what belongs to no field", async () => {
  show({ values: {}, errors: [{ message: "Invalid credentials" }] });
  submit();
  expect((await screen.findByRole("alert")).textContent).toBe("Invalid credentials");
  expect(email().getAttribute("aria-invalid")).toBeNull();
});
