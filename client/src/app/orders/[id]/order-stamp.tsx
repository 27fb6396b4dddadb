import { Stamp } from "@/layout/stamp";
import type { OrderView } from "@/order/order-view";

export function stampOf(view: OrderView): "Paid" | "Reserved" | "Refunded" | "Void" {
  switch (view) {
    case "complete":
      return "Paid";
    case "returned":
    case "refunded":
      return "Refunded";
    case "declined":
    case "withdrawn":
    case "lapsed":
    case "void":
    case "refunding":
      return "Void";
    default:
      return "Reserved";
  }
}

export function OrderStamp({ view }: { view: OrderView }) {
  const text = stampOf(view);
  return <Stamp {...(text === "Paid" ? { tone: "text-[#14532d]" } : {})}>{text}</Stamp>;
}
