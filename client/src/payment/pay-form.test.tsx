import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { emptyForm, type FormState } from "@/form/form-state";
import { PayForm } from "@/payment/pay-form";
import { testCards } from "@/payment/test-cards";

vi.mock("@/order/actions", () => ({ submitPayment: vi.fn() }));

afterEach(cleanup);

const radios = () => screen.getAllByRole<HTMLInputElement>("radio");

test("offers every test card, labelled as one, the good one first", () => {
  render(<PayForm orderId="order" price="$19.99" />);
  expect(radios().map((r) => r.value)).toEqual(testCards.map((c) => c.token));
  expect(
    radios()
      .filter((r) => r.checked)
      .map((r) => r.value),
  ).toEqual(["tok_visa"]);
  for (const card of testCards) {
    expect(
      screen.getByRole("radio", { name: new RegExp(`${card.name}.*test card ending in`) }),
    ).toBeDefined();
  }
});

test("pays with the card that was chosen", async () => {
  const paid = vi.fn(async (_: FormState, _form: FormData) => emptyForm);
  render(<PayForm orderId="order" price="$19.99" action={paid} />);
  fireEvent.click(screen.getByRole("radio", { name: /Insufficient funds/ }));
  fireEvent.click(screen.getByRole("button", { name: "Pay $19.99" }));
  await waitFor(() => expect(paid).toHaveBeenCalled());
  const form = paid.mock.calls[0]?.[1];
  expect(form?.get("orderId")).toBe("order");
  expect(form?.get("token")).toBe("tok_chargeDeclinedInsufficientFunds");
});

test("a double click pays once, and the button says what goes on", async () => {
  let answer = (_: FormState) => {};
  const paid = vi.fn(() => new Promise<FormState>((resolve) => (answer = resolve)));
  render(<PayForm orderId="order" price="$19.99" action={paid} />);
  const button = screen.getByRole("button");
  fireEvent.click(button);
  await waitFor(() => expect(button.textContent).toBe("Paying…"));
  expect(button.getAttribute("aria-disabled")).toBe("true");
  fireEvent.click(button);
  fireEvent.submit(button.closest("form") as HTMLFormElement);
  answer(emptyForm);
  await waitFor(() => expect(button.textContent).toBe("Pay $19.99"));
  expect(paid).toHaveBeenCalledTimes(1);
});

test("says what is wrong with a card at the cards, and what else is wrong on top", async () => {
  const refused = async (): Promise<FormState> => ({
    values: { token: "tok_chargeDeclined" },
    errors: [{ message: "No such token: 'tok_x'", field: "token" }, { message: "Payments cannot be taken" }],
  });
  render(<PayForm orderId="order" price="$19.99" action={refused} />);
  fireEvent.click(screen.getByRole("button"));
  expect((await screen.findByRole("alert")).textContent).toBe("Payments cannot be taken");
  expect(screen.getByRole("group", { description: /No such token: 'tok_x'/ })).toBeDefined();
  expect(radios().find((r) => r.checked)?.value).toBe("tok_chargeDeclined");
});
