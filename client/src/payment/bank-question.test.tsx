import { fakeStripe } from "@test/fake-stripe";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BankQuestion } from "@/payment/bank-question";
import { PayingProvider, usePaying } from "@/payment/paying";
import { loadStripe } from "@/payment/stripe";

const router = vi.hoisted(() => ({ refresh: vi.fn() }));
vi.mock("next/navigation", () => ({ useRouter: () => router }));
vi.mock("@/payment/stripe", () => ({ loadStripe: vi.fn() }));

let fake: ReturnType<typeof fakeStripe>;

beforeEach(() => {
  fake = fakeStripe();
  vi.mocked(loadStripe).mockReset().mockResolvedValue(fake.stripe);
  router.refresh.mockReset();
  vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const show = () => render(<BankQuestion clientSecret="pi_1_secret_2" stripeKey="pk_test_123" />);
const button = () => screen.getByRole("button");

test("the button asks the bank once, and the page then checks the payment", async () => {
  let answer = (_: object) => {};
  fake.handleNextAction.mockReturnValue(new Promise((resolve) => (answer = resolve)));
  show();
  expect(loadStripe).not.toHaveBeenCalled();
  fireEvent.click(button());
  await waitFor(() => expect(fake.handleNextAction).toHaveBeenCalledWith({ clientSecret: "pi_1_secret_2" }));
  expect(button().textContent).toBe("Waiting for your bank…");
  fireEvent.click(button());
  await act(async () => answer({ paymentIntent: { status: "succeeded" } }));
  expect(fake.handleNextAction).toHaveBeenCalledTimes(1);
  expect(screen.queryByRole("button")).toBeNull();
  expect(screen.getByText(/^Thank you/)).toBeDefined();
  expect(router.refresh).toHaveBeenCalledTimes(1);
});

test("says what went wrong, and the bank can ask again", async () => {
  const message = "We are unable to authenticate your payment method.";
  fake.handleNextAction.mockResolvedValue({ error: { message } });
  show();
  fireEvent.click(button());
  expect((await screen.findByRole("alert")).textContent).toBe(message);
  expect(router.refresh).toHaveBeenCalledTimes(1);
  fireEvent.click(button());
  await waitFor(() => expect(fake.handleNextAction).toHaveBeenCalledTimes(2));
});

test.each([
  ["Stripe cannot be loaded", () => vi.mocked(loadStripe).mockRejectedValue(new Error("Failed to load"))],
  [
    "the bank has nothing to ask any more",
    () => fake.handleNextAction.mockRejectedValue(new Error("status")),
  ],
])("says so when %s", async (_, prepare) => {
  prepare();
  show();
  fireEvent.click(button());
  expect((await screen.findByRole("alert")).textContent).toMatch(/couldn't reach/);
  expect(button().textContent).toBe("Confirm with your bank");
});

function Pay() {
  const paying = usePaying();
  return (
    <button
      type="button"
      onClick={() => {
        paying.current = true;
      }}
    >
      Pay
    </button>
  );
}

test("the bank asks at once after paying, and only once", async () => {
  fake.handleNextAction.mockResolvedValue({ error: { message: "No." } });
  const question = <BankQuestion clientSecret="pi_1_secret_2" stripeKey="pk_test_123" />;
  const { rerender } = render(
    <PayingProvider>
      <Pay />
    </PayingProvider>,
  );
  fireEvent.click(button());
  rerender(<PayingProvider>{question}</PayingProvider>);
  await waitFor(() => expect(fake.handleNextAction).toHaveBeenCalledTimes(1));
  await screen.findByRole("alert");
  rerender(<PayingProvider>{null}</PayingProvider>);
  rerender(<PayingProvider>{question}</PayingProvider>);
  cleanup();
  show();
  expect(fake.handleNextAction).toHaveBeenCalledTimes(1);
});
