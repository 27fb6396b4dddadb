import type { Charge } from "@/lib/api";
import { moneyBack } from "@/lib/money-back";

/** Describes refunds and disputes of a payment, if any. */
export function MoneyBack({ charge }: { charge: Charge | undefined }) {
  return charge && moneyBack(charge).map(({ short, long }) => <p key={short}>{long}</p>);
}
