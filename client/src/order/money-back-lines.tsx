import type { Charge } from "@/api/services";
import { moneyBack } from "@/order/money-back";

/** Describes refunds and disputes of a payment, if any. */
export function MoneyBack({ charge }: { charge: Charge | undefined }) {
  return charge && moneyBack(charge).map(({ short, long }) => <p key={short}>{long}</p>);
}
