import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { QrCode } from "./qr-code";

// A code holds bytes, so a text in another script fills it sooner.
test.each([
  ["A", 300, true],
  ["A", 301, false],
  ["ü", 150, true],
  ["ü", 151, false],
  ["🎫", 75, true],
  ["🎫", 76, false],
])("%s, %i times, fits into a QR code: %s", (letter, times, fits) => {
  const { container } = render(<QrCode text={letter.repeat(times)} />);
  expect(container.querySelector("svg") !== null).toBe(fits);
});
