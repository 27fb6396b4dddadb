import { Stamp } from "@/layout/stamp";
import type { OrderView } from "@/order/order-view";

export function stampOf(view: OrderView): "Yours" | "Reserved" | "Refunded" | "Cancelled" {
  switch (view) {
    case "complete":
      return "Yours";
    case "returned":
    case "refunded":
      return "Refunded";
    case "declined":
    case "withdrawn":
    case "recalled":
    case "lapsed":
    case "void":
    case "refunding":
      return "Cancelled";
    default:
      return "Reserved";
  }
}

export function OrderStamp({ view }: { view: OrderView }) {
  const text = stampOf(view);
  return <Stamp {...(text === "Yours" ? { tone: "text-[#14532d]" } : {})}>{text}</Stamp>;
}
