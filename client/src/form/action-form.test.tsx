import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ActionForm } from "@/form/action-form";
import { emptyForm, type FormState } from "@/form/form-state";
import { Viewer } from "@/form/viewer";

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function show(action: (state: FormState, form: FormData) => Promise<FormState>) {
  render(
    <Viewer user={{ id: "6502f1b8c3a4d5e6f7a8b9c0", email: "ada@example.com" }}>
      <ActionForm action={action} formKey="one" label="A form">
        {({ values }) => (
          <>
            <input aria-label="Title" name="title" defaultValue={values.title} />
            <input aria-label="Password" name="password" type="password" defaultValue={values.password} />
            <button type="submit">Send</button>
          </>
        )}
      </ActionForm>
    </Viewer>,
  );
  fireEvent.change(screen.getByLabelText("Title"), { target: { value: "Typed" } });
  fireEvent.change(screen.getByLabelText("Password"), { target: { value: "secret" } });
  fireEvent.click(screen.getByRole("button"));
}

const value = (label: string) => screen.getByLabelText<HTMLInputElement>(label).value;

test.each([
  [true, /^We didn't get a response/],
  [false, /^You're offline/],
])(
  "without a response, online %s, the form says so and keeps everything typed except passwords",
  async (on, told) => {
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(on);
    const sent: FormData[] = [];
    show(async (_, form) => {
      sent.push(form);
      throw new TypeError("Failed to fetch");
    });
    expect((await screen.findByRole("alert")).textContent).toMatch(told);
    expect(value("Title")).toBe("Typed");
    expect(value("Password")).toBe("");
    fireEvent.click(screen.getByRole("button"));
    await waitFor(() => expect(sent).toHaveLength(2));
    expect(sent.map((form) => form.get("formKey"))).toEqual(["one", "one"]);
    expect(sent[0]?.get("viewer")).toBe("6502f1b8c3a4d5e6f7a8b9c0 ada@example.com");
  },
);

test("a form whose user is signed out offers a link to sign in", async () => {
  show(async () => ({
    ...emptyForm,
    values: { title: "Typed" },
    errors: [{ message: "Out" }],
    signIn: true,
  }));
  const link = await screen.findByRole<HTMLAnchorElement>("link", { name: /Sign in/ });
  expect(link.target).toBe("_blank");
  expect(value("Title")).toBe("Typed");
});
