import type { Ticket } from "@/api/services";

const availability: Record<Ticket["status"], string> = {
  available: "InStock",
  reserved: "SoldOut",
  sold: "SoldOut",
  withdrawn: "Discontinued",
};

/**
 * A ticket as search engines read it (https://schema.org/Event and https://schema.org/Offer). They need the
 * start and the venue.
 */
export function StructuredData({ ticket, url }: { ticket: Ticket; url: string }) {
  const { event } = ticket;
  if (!event?.startsAt || !event.venue) return null;
  const data = {
    "@context": "https://schema.org",
    "@type": "Event",
    name: ticket.title,
    startDate: event.startsAt,
    description: ticket.description,
    location: {
      "@type": "Place",
      name: event.venue,
      address: event.city ? { "@type": "PostalAddress", addressLocality: event.city } : event.venue,
    },
    offers: {
      "@type": "Offer",
      url,
      price: ticket.price,
      priceCurrency: "USD",
      availability: `https://schema.org/${availability[ticket.status]}`,
    },
  };
  // Without "<", nothing in a title can end the element.
  return <script type="application/ld+json">{JSON.stringify(data).replaceAll("<", "\\u003c")}</script>;
}
