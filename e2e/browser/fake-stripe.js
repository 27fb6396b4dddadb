// Stands in for https://js.stripe.com/endive/stripe.js in a browser test: as much of Stripe.js as the
// client uses. A field is an input in the page itself. The bank's question is a frame at hooks.stripe.com,
// whose answer goes to api.stripe.com: the test answers for both hosts, and so proves the content security
// policy, too.
(() => {
  const release = "endive";
  // Stripe's test numbers, as what the sandbox knows them by.
  const cards = {
    4242424242424242: "tok_visa",
    4000000000000002: "tok_chargeDeclined",
    4000000000009995: "tok_chargeDeclinedInsufficientFunds",
    4000002760003184: "pm_card_authenticationRequired",
  };
  const kinds = {
    cardNumber: {
      label: "Credit or debit card number",
      what: "number",
      digits: 16,
      placeholder: "1234 1234 1234 1234",
    },
    cardExpiry: {
      label: "Credit or debit card expiration date",
      what: "expiration date",
      code: "expiry",
      digits: 4,
      placeholder: "MM / YY",
    },
    cardCvc: {
      label: "Credit or debit card CVC/CVV",
      what: "security code",
      code: "cvc",
      digits: 3,
      placeholder: "CVC",
    },
  };
  const digits = (input) => input.value.replace(/\D/g, "");

  function field(type, { style }) {
    const kind = kinds[type];
    const heard = {};
    const input = document.createElement("input");
    input.ariaLabel = kind.label;
    input.inputMode = "numeric";
    input.placeholder = kind.placeholder;
    input.setAttribute("form", ""); // Stripe's are in frames, and in no form
    let container;
    const mark = (state, on) => container.classList.toggle(`StripeElement--${state}`, on);
    const error = () =>
      digits(input).length === kind.digits
        ? undefined
        : {
            code: `incomplete_${kind.code ?? kind.what}`,
            type: "validation_error",
            message: `Your card's ${kind.what} is incomplete.`,
          };
    const told = (wrong) => {
      mark("invalid", Boolean(wrong));
      heard.change?.({ elementType: type, error: wrong, complete: !error() });
    };
    const paint = ({ base }) => {
      const { color, fontFamily, fontSize, lineHeight } = base;
      Object.assign(input.style, {
        color,
        fontFamily,
        fontSize,
        lineHeight,
        width: "100%",
        border: 0,
        outline: 0,
        background: "none",
      });
    };
    paint(style);
    input.addEventListener("focus", () => mark("focus", true));
    input.addEventListener("blur", () => {
      mark("focus", false);
      if (input.value) told(error());
    });
    input.addEventListener("input", () => told(undefined));
    input.addEventListener("keydown", (e) => {
      if (e.key === "Enter") container.closest("form").requestSubmit();
    });
    const element = {
      input,
      error,
      on: (event, hear) => {
        heard[event] = hear;
        return element;
      },
      mount(selector) {
        container = document.querySelector(selector);
        container.classList.add("StripeElement");
        container.append(input);
        document
          .querySelector(`label[for="${container.id}"]`)
          ?.addEventListener("click", () => input.focus());
        setTimeout(() => heard.ready?.({ elementType: type }));
      },
      update: (options) => paint(options.style),
      focus: () => input.focus(),
      destroy: () => input.remove(),
    };
    return element;
  }

  window.Stripe = (key) => {
    if (!key.startsWith("pk_")) throw new Error("not a publishable key");
    const made = [];
    return {
      elements: () => ({ create: (type, options) => made[made.push(field(type, options)) - 1] }),
      async createPaymentMethod({ card }) {
        const error = made.map((element) => element.error()).find(Boolean);
        if (error) return { error };
        const id = cards[digits(card.input)];
        return id
          ? { paymentMethod: { id } }
          : { error: { code: "card_declined", message: "Your card was declined." } };
      },
      async handleNextAction({ clientSecret }) {
        const bank = document.createElement("iframe");
        bank.title = "3-D Secure";
        bank.src = "https://hooks.stripe.com/3ds";
        Object.assign(bank.style, {
          position: "fixed",
          inset: "20% 0 auto",
          margin: "0 auto",
          width: "20rem",
          background: "#fff",
          zIndex: 9,
          border: 0,
        });
        document.body.append(bank);
        const decision = await new Promise((decided) =>
          addEventListener("message", (e) => {
            if (e.origin === "https://hooks.stripe.com") decided(e.data);
          }),
        );
        bank.remove();
        const body = new URLSearchParams({ client_secret: clientSecret, decision });
        await fetch("https://api.stripe.com/3ds", { method: "POST", body });
        return decision === "approve"
          ? { paymentIntent: { status: "succeeded" } }
          : {
              error: {
                message:
                  "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
              },
            };
      },
    };
  };
  window.Stripe.version = release;
})();
