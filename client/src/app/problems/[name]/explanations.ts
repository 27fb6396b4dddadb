import type { ProblemType } from "@/api/services";

/** What each type of problem means, for developers and curious users. */
export const explanations: Record<ProblemType, { title: string; text: string }> = {
  "/problems/card-declined": {
    title: "The card was declined",
    text: "The payment failed and nothing was charged. The order is cancelled. Reserve the ticket again to use another card.",
  },
  "/problems/cross-site": {
    title: "The request came from another site",
    text: "Browsers can change things only from our own pages.",
  },
  "/problems/email-in-use": {
    title: "The email is in use",
    text: "There’s already an account with this email. Sign in instead.",
  },
  "/problems/event-started": {
    title: "The event has started",
    text: "Tickets can’t be reserved anymore once their event has started.",
  },
  "/problems/in-progress": {
    title: "The first request is still in progress",
    text: "An earlier request with this Idempotency-Key has no outcome yet. Try again in a moment.",
  },
  "/problems/internal-error": {
    title: "Something went wrong",
    text: "The error is on our side. Try again later.",
  },
  "/problems/invalid": {
    title: "The request is invalid",
    text: "The errors say what’s wrong with the body, its fields or the parameters. Correct them and try again.",
  },
  "/problems/invalid-credentials": {
    title: "The credentials are invalid",
    text: "The email or the password is wrong.",
  },
  "/problems/key-reused": {
    title: "The key was used before",
    text: "The Idempotency-Key was used with a different request within the last day. Use a new key.",
  },
  "/problems/link-expired": {
    title: "The link has expired",
    text: "Email links expire, and a link for a new password works only once. Ask for a new link.",
  },
  "/problems/method-not-allowed": {
    title: "The method isn’t allowed",
    text: "The Allow header lists the methods of this path.",
  },
  "/problems/not-found": {
    title: "Not found",
    text: "The resource or path doesn’t exist. A resource that was just created may take a few seconds to appear everywhere.",
  },
  "/problems/not-json": {
    title: "The body isn’t JSON",
    text: "Send the body with the content type application/json.",
  },
  "/problems/not-owner": {
    title: "It belongs to another user",
    text: "You can read and change only your own tickets, orders and payments.",
  },
  "/problems/not-possible": {
    title: "That’s not possible right now",
    text: "The errors say why.",
  },
  "/problems/not-signed-in": {
    title: "You’re not signed in",
    text: "Sign in and try again. Sessions last 24 hours.",
  },
  "/problems/order-cancelled": {
    title: "The order is cancelled",
    text: "A cancelled order can’t be paid. Reserve the ticket again if it’s available.",
  },
  "/problems/order-complete": {
    title: "The order is complete",
    text: "A paid order can’t be cancelled.",
  },
  "/problems/order-expired": {
    title: "The order has expired",
    text: "The order wasn’t paid in time. Reserve the ticket again if it’s available.",
  },
  "/problems/other-user": {
    title: "Another user is signed in",
    text: "The page or request was meant for a different account, so nothing was done.",
  },
  "/problems/payment-in-progress": {
    title: "A payment is in progress",
    text: "The order can’t be cancelled until the outcome of its payment is known.",
  },
  "/problems/payments-paused": {
    title: "Payments are paused",
    text: "No payment can start right now. Nothing was charged, and the ticket stays reserved until its time is up.",
  },
  "/problems/private-part-final": {
    title: "What the buyer gets is final",
    text: "Once a ticket is sold, what the seller gave for its buyer can’t be replaced.",
  },
  "/problems/reserved-too-often": {
    title: "You reserved this ticket too often",
    text: "You’ve reserved it several times within an hour without paying. The Retry-After header says when you can reserve it again.",
  },
  "/problems/ticket-changed": {
    title: "The ticket has changed",
    text: "Its price or title isn’t the one you saw, so nothing was reserved. Check the ticket and try again.",
  },
  "/problems/ticket-reserved": {
    title: "The ticket is reserved",
    text: "While a ticket is reserved or sold, others can’t reserve it and its seller can’t change it.",
  },
  "/problems/ticket-sold": {
    title: "The ticket is sold",
    text: "A sold ticket can’t be changed.",
  },
  "/problems/ticket-withdrawn": {
    title: "The ticket is withdrawn",
    text: "The seller took the ticket off the market, so it can’t be reserved or changed anymore.",
  },
  "/problems/too-large": {
    title: "The body is too large",
    text: "Bodies can have at most 64 KiB.",
  },
  "/problems/too-many-open-orders": {
    title: "You have too many open orders",
    text: "Pay for or cancel one of your open orders before you reserve another ticket.",
  },
  "/problems/too-many-requests": {
    title: "Too many attempts",
    text: "The account, the address or the order made too many attempts. The Retry-After header says when to try again.",
  },
  "/problems/too-many-writes": {
    title: "Too many changes",
    text: "There were too many changes from this account or IP address in a short time. Wait as long as the message says.",
  },
  "/problems/unavailable": {
    title: "The service is unavailable",
    text: "Part of our site isn’t responding. The Retry-After header says when to try again.",
  },
};
