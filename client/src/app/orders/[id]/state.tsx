import type { Charge, Order } from "@/api/services";
import { Bank } from "@/app/orders/[id]/bank";
import { Declined, Lapsed, Recalled, Void, Withdrawn } from "@/app/orders/[id]/cancelled";
import { Complete, Returned } from "@/app/orders/[id]/complete";
import { Payable, TimeUp, Unread } from "@/app/orders/[id]/payable";
import { Processing } from "@/app/orders/[id]/processing";
import { Refunded, Refunding } from "@/app/orders/[id]/refund";
import type { OrderView } from "@/order/order-view";

type StateProps = {
  view: OrderView;
  order: Order;
  charge: Charge | undefined;
  now: number;
};

/** Shows the state of an order and what the buyer can do about it. */
export function State({ view, order, charge, now }: StateProps) {
  switch (view) {
    case "payable":
      return <Payable order={order} now={now} />;
    case "time-up":
      return <TimeUp order={order} now={now} />;
    case "unread":
      return <Unread order={order} now={now} />;
    case "bank":
      return <Bank order={order} charge={charge} />;
    case "processing":
      return <Processing order={order} />;
    case "complete":
      return <Complete order={order} charge={charge} now={now} />;
    case "returned":
      return <Returned order={order} charge={charge} />;
    case "declined":
      return <Declined order={order} charge={charge} />;
    case "refunding":
      return <Refunding order={order} charge={charge} />;
    case "refunded":
      return <Refunded order={order} charge={charge} />;
    case "withdrawn":
      return <Withdrawn order={order} />;
    case "recalled":
      return <Recalled />;
    case "lapsed":
      return <Lapsed order={order} />;
    case "void":
      return <Void order={order} />;
  }
}
