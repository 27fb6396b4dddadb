import type { Charge } from "./api";
import { formatMoney } from "./format";

/** What became of the money of a payment beside the payment itself: a few words, and a sentence. */
export type MoneyBack = { short: string; long: string };

/** Partial refunds, refunds that did not arrive, and disputes, for whoever paid. */
export function moneyBack({ amount, refundedAmount, refundFailed, dispute }: Charge): MoneyBack[] {
  const told: MoneyBack[] = [];
  if (refundFailed) {
    told.push({
      short: "Refund didn't arrive",
      long: "A refund didn't reach your card. The money is still due to you, and we're returning it another way.",
    });
  }
  if (refundedAmount && refundedAmount < amount) {
    const part = formatMoney(refundedAmount);
    told.push({
      short: `${part} refunded`,
      long: `${part} of ${formatMoney(amount)} was given back to your card.`,
    });
  }
  if (dispute) told.push(disputed(dispute));
  return told;
}

function disputed({ status, amount }: NonNullable<Charge["dispute"]>): MoneyBack {
  const money = formatMoney(amount);
  switch (status) {
    case "won":
      return { short: "Dispute closed", long: "Your dispute is closed, and the payment stands." };
    case "lost":
      return {
        short: "Returned by your bank",
        long: `Your dispute is closed: your bank returned ${money} to you.`,
      };
    case "warning_closed":
      return { short: "Inquiry closed", long: "Your bank's inquiry is closed, and the payment stands." };
    case "warning_needs_response":
    case "warning_under_review":
      return { short: "Your bank inquires", long: `Your bank is asking us about ${money} of this payment.` };
    default:
      return {
        short: "Disputed",
        long: `You disputed ${money} of this payment with your bank. Your bank decides, and this page will say how it ends.`,
      };
  }
}

/** Whether the payer has all of the money of a sold ticket back, or was told so. */
export function isReturned(charge: Charge): boolean {
  const { status, amount, refundedAmount = 0, dispute } = charge;
  const byBank = dispute?.status === "lost" ? dispute.amount : 0;
  return status === "refunded" || cents(refundedAmount + byBank) >= cents(amount);
}

/** Sums of dollars have no exact binary fraction. */
function cents(dollars: number): number {
  return Math.round(dollars * 100);
}
