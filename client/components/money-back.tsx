import type { Charge } from "@/lib/api";
import { moneyBack } from "@/lib/money-back";

/** What became of the money beside the payment itself, if anything. */
export function MoneyBack({ charge }: { charge: Charge | undefined }) {
  return charge && moneyBack(charge).map(({ short, long }) => <p key={short}>{long}</p>);
}
