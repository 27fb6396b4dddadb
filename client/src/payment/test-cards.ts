export type TestCard = {
  token: string;
  name: string;
  /** What happens, as shown to the user. */
  outcome: string;
  lastFour: string;
};

/** Stripe's test cards that the sandbox knows. The numbers are those that Stripe's manual gives them. */
export const testCards: [TestCard, ...TestCard[]] = [
  { token: "tok_visa", name: "Succeeds", outcome: "The payment goes through.", lastFour: "4242" },
  { token: "tok_chargeDeclined", name: "Declined", outcome: "The card is declined.", lastFour: "0002" },
  {
    token: "tok_chargeDeclinedInsufficientFunds",
    name: "Insufficient funds",
    outcome: "Declined for insufficient funds.",
    lastFour: "9995",
  },
  {
    token: "pm_card_authenticationRequired",
    name: "Bank confirmation",
    outcome: "Your bank asks you to confirm (3‑D Secure).",
    lastFour: "3184",
  },
];
