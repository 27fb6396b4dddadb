import { fakeStripe } from "@test/fake-stripe";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { emptyForm, type FormState } from "@/form/form-state";
import { CardForm } from "@/payment/card-form";
import { loadStripe } from "@/payment/stripe";

vi.mock("@/order/actions", () => ({ submitPayment: vi.fn() }));
vi.mock("next/navigation", () => ({ useRouter: () => ({ refresh: vi.fn() }) }));
vi.mock("@/payment/stripe", async (original) => ({
  ...(await original<typeof import("@/payment/stripe")>()),
  loadStripe: vi.fn(),
}));

let fake: ReturnType<typeof fakeStripe>;

beforeEach(() => {
  fake = fakeStripe();
  vi.mocked(loadStripe).mockReset().mockResolvedValue(fake.stripe);
  vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const answers = (answer: FormState = emptyForm) => vi.fn(async (_: FormState, _form: FormData) => answer);

/** The form; its fields are there unless told otherwise. */
async function show(action = answers(), fieldsCome = true) {
  const view = render(<CardForm orderId="order" price="$19.99" stripeKey="pk_test_123" action={action} />);
  if (fieldsCome) {
    await waitFor(() => expect(fake.create).toHaveBeenCalledTimes(3));
    await act(async () => fake.show());
  }
  return view;
}

const button = () => screen.getByRole<HTMLButtonElement>("button");

test("has a label and a place for each field", async () => {
  await show();
  expect(vi.mocked(loadStripe)).toHaveBeenCalledWith("pk_test_123");
  for (const [name, label] of [
    ["number", "Card number"],
    ["expiry", "Expires"],
    ["cvc", "Security code"],
  ] as const) {
    const place = document.getElementById(`card-${name}`);
    expect(document.querySelector(`label[for="${place?.id}"]`)?.textContent).toBe(label);
    expect(fake.fields[name].mount).toHaveBeenCalledWith(`#${place?.id}`);
  }
});

test("cannot be sent before the fields are there", async () => {
  const paid = answers();
  await show(paid, false);
  expect(screen.getByRole("status").textContent).toMatch(/^Loading/);
  expect(button().disabled).toBe(true);
  await waitFor(() => expect(fake.create).toHaveBeenCalledTimes(3));
  expect(button().disabled).toBe(true);
  await act(async () => fake.show());
  expect(button().disabled).toBe(false);
  expect(screen.getByRole("status").textContent).not.toMatch(/^Loading/);
});

test("pays with the PaymentMethod that Stripe makes of the card", async () => {
  const paid = answers();
  await show(paid);
  fake.createPaymentMethod.mockResolvedValue({ paymentMethod: { id: "pm_1" } });
  fireEvent.click(button());
  await waitFor(() => expect(paid).toHaveBeenCalled());
  expect(fake.createPaymentMethod).toHaveBeenCalledWith({ type: "card", card: fake.fields.number });
  expect(Object.fromEntries(paid.mock.calls[0]?.[1] as FormData)).toEqual({
    orderId: "order",
    token: "pm_1",
  });
});

test("a double click pays once", async () => {
  let answer = (_: FormState) => {};
  const paid = vi.fn(() => new Promise<FormState>((resolve) => (answer = resolve)));
  await show(paid);
  fake.createPaymentMethod.mockResolvedValue({ paymentMethod: { id: "pm_1" } });
  const pay = button();
  fireEvent.click(pay);
  fireEvent.click(pay);
  fireEvent.submit(pay.closest("form") as HTMLFormElement);
  await waitFor(() => expect(paid).toHaveBeenCalled());
  expect(pay.textContent).toBe("Paying…");
  fireEvent.click(pay);
  await act(async () => answer(emptyForm));
  expect(pay.textContent).toBe("Pay $19.99");
  expect(paid).toHaveBeenCalledTimes(1);
  expect(fake.createPaymentMethod).toHaveBeenCalledTimes(1);
});

test("reads out at a field what Stripe finds wrong with it, until it is mended", async () => {
  await show();
  const tell = (message?: string) =>
    act(async () => fake.fields.expiry.emit("change", { error: message && { message } }));
  await tell("Your card's expiration year is in the past.");
  const error = screen.getByText("Your card's expiration year is in the past.");
  expect(error.getAttribute("aria-live")).toBe("polite");
  expect(document.getElementById("card-expiry")?.dataset.invalid).toBe("true");
  await tell();
  expect(error.textContent).toBe("");
  expect(document.getElementById("card-expiry")?.dataset.invalid).toBeUndefined();
});

test("a card that is not complete is not sent, and the field that lacks is led to", async () => {
  const paid = answers();
  await show(paid);
  const error = { code: "incomplete_cvc", message: "Your card's security code is incomplete." };
  fake.createPaymentMethod.mockResolvedValue({ error });
  fireEvent.click(button());
  await screen.findByText(error.message);
  expect(fake.fields.cvc.focus).toHaveBeenCalled();
  expect(screen.queryByRole("alert")).toBeNull();
  expect(paid).not.toHaveBeenCalled();
});

test("what is wrong with no field stands on top", async () => {
  await show();
  fake.createPaymentMethod.mockResolvedValue({ error: { message: "We could not reach Stripe." } });
  fireEvent.click(button());
  expect((await screen.findByRole("alert")).textContent).toBe("We could not reach Stripe.");
});

test("what the service says of the card stands on top, and the fields stay", async () => {
  await show(answers({ values: {}, errors: [{ message: "No such PaymentMethod", field: "token" }] }));
  fake.createPaymentMethod.mockResolvedValue({ paymentMethod: { id: "pm_1" } });
  fireEvent.click(button());
  expect((await screen.findByRole("alert")).textContent).toBe("No such PaymentMethod");
  expect(fake.fields.number.destroy).not.toHaveBeenCalled();
});

test.each([
  ["the script", () => vi.mocked(loadStripe).mockRejectedValueOnce(new Error("Failed to load Stripe.js"))],
  ["a field", () => {}],
])("says that %s could not be loaded, and tries again when asked to", async (what, prepare) => {
  prepare();
  await show(answers(), false);
  if (what === "a field") {
    await waitFor(() => expect(fake.create).toHaveBeenCalledTimes(3));
    await act(async () => fake.fields.number.emit("loaderror", { error: { message: "blocked" } }));
  }
  expect((await screen.findByRole("alert")).textContent).toMatch(/couldn’t be loaded/);
  expect(screen.queryByRole("button", { name: /Pay/ })).toBeNull();

  fake.create.mockClear();
  fireEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(screen.queryByRole("alert")).toBeNull();
  expect(screen.getByRole("status").textContent).toMatch(/^Loading/);
  await waitFor(() => expect(fake.create).toHaveBeenCalledTimes(3));
  await act(async () => fake.show());
  expect(button().disabled).toBe(false);
  expect(fake.fields.number.focus).toHaveBeenCalled();
});

test("the fields follow the colours of the page", async () => {
  const media = Object.assign(new EventTarget(), { matches: false });
  vi.spyOn(window, "matchMedia").mockReturnValue(media as unknown as MediaQueryList);
  document.documentElement.style.setProperty("--ink", "#211c15");
  await show();
  expect(fake.create.mock.calls[0]?.[1]).toMatchObject({ style: { base: { color: "#211c15" } } });
  document.documentElement.style.setProperty("--ink", "#f4ebdc");
  media.dispatchEvent(new Event("change"));
  for (const field of Object.values(fake.fields)) {
    expect(field.update.mock.lastCall?.[0]).toMatchObject({ style: { base: { color: "#f4ebdc" } } });
  }
});

test("takes the fields away when it goes", async () => {
  const { unmount } = await show();
  unmount();
  for (const field of Object.values(fake.fields)) expect(field.destroy).toHaveBeenCalled();
});
