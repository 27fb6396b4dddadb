"use client";

import { useSyncExternalStore } from "react";
import type { Ticket } from "@/api/services";
import { ChoiceField, Field } from "@/form/field";
import { errorOf, type FormState } from "@/form/form-state";
import { knownZone } from "@/layout/format";
import { inputOf, offsetOf } from "@/ticket/occasion";
import { ZONES } from "@/ticket/zones";

/** When and where the event is. */
export function EventFields({
  state,
  event,
  required,
}: {
  state: FormState;
  event: Ticket["event"];
  required: boolean;
}) {
  return (
    <>
      <Field
        name="startsAt"
        label="Starts at"
        hint="On the clocks of the place. The ticket is for sale until then."
        type="datetime-local"
        required={required}
        defaultValue={state.values.startsAt ?? inputOf(event?.startsAt)}
        error={errorOf(state, "startsAt")}
      />
      <ZoneField state={state} stored={offsetOf(event?.startsAt)} />
      <Field
        name="venue"
        label="Venue"
        required={required}
        autoComplete="off"
        dir="auto"
        defaultValue={state.values.venue ?? event?.venue}
        error={errorOf(state, "venue")}
      />
      <Field
        name="city"
        label="City (optional)"
        autoComplete="off"
        dir="auto"
        defaultValue={state.values.city ?? event?.city}
        error={errorOf(state, "city")}
      />
    </>
  );
}

/** The time zone of the place: at first the visitor's own, which only the browser knows. */
function ZoneField({ state, stored }: { state: FormState; stored: string | undefined }) {
  const own = useSyncExternalStore(neverChanges, browserZone, serverZone);
  const chosen = state.values.zone ?? stored ?? own;
  return (
    <ChoiceField
      key={chosen}
      name="zone"
      label="Time zone of the place"
      defaultValue={chosen}
      error={errorOf(state, "zone")}
    >
      <option value="">Choose a time zone</option>
      {chosen && chosen !== stored && !ZONES.includes(chosen) && (
        <option value={chosen}>{nameOf(chosen)}</option>
      )}
      {stored && <option value={stored}>{`UTC${stored}`}</option>}
      {ZONES.map((zone) => (
        <option key={zone} value={zone}>
          {nameOf(zone)}
        </option>
      ))}
    </ChoiceField>
  );
}

const nameOf = (zone: string) => zone.replaceAll("_", " ");

const neverChanges = () => () => {};
const browserZone = () => {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return knownZone(timeZone) === timeZone ? timeZone : "";
};
const serverZone = () => "";
