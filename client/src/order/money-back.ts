import type { Charge } from "@/api/services";
import { formatMoney } from "@/layout/format";

/** A refund or dispute of a payment, described in a few words and in a sentence. */
export type MoneyBack = { short: string; long: string };

/** What buyers read about partial refunds, failed refunds and disputes. */
export function moneyBack({ amount, refundedAmount, refundFailed, dispute }: Charge): MoneyBack[] {
  const told: MoneyBack[] = [];
  if (refundFailed) {
    told.push({
      short: "Refund didn't arrive",
      long: "A refund didn't reach your card. We still owe you this money and will return it another way.",
    });
  }
  if (refundedAmount && refundedAmount < amount) {
    const part = formatMoney(refundedAmount);
    told.push({
      short: `${part} refunded`,
      long: `${part} of ${formatMoney(amount)} was refunded to your card.`,
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
      return { short: "Bank inquiry", long: `Your bank is asking us about ${money} of this payment.` };
    default:
      return {
        short: "Disputed",
        long: `You disputed ${money} of this payment with your bank. Your bank decides the outcome, and this page will show it.`,
      };
  }
}

/** Whether a sold ticket's full price has been returned, or a full refund was recorded. */
export function isReturned(charge: Charge): boolean {
  const { status, amount, refundedAmount = 0, dispute } = charge;
  const byBank = dispute?.status === "lost" ? dispute.amount : 0;
  return status === "refunded" || cents(refundedAmount + byBank) >= cents(amount);
}

/** Compares in whole cents, since dollar amounts are inexact in binary. */
function cents(dollars: number): number {
  return Math.round(dollars * 100);
}
