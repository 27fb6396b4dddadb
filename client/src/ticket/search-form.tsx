import Link from "next/link";
import { Alert } from "@/form/alert";
import { ChoiceField, Field } from "@/form/field";
import { isSearch, type TicketSearch } from "@/ticket/search";

const REFUSED =
  "Check the filters: prices are plain numbers such as 25 or 19.99, and dates are days such as 2027-05-31.";

/** Searches the front page's list. It's a plain form, so it needs no JavaScript and the search can be shared. */
export function SearchForm({ search, refused }: { search: TicketSearch; refused: boolean }) {
  const { q, ...filters } = search;
  return (
    <search className="mb-10 block">
      <form action="/" className="panel space-y-5">
        {refused && <Alert messages={[REFUSED]} />}
        <div className="flex flex-wrap items-end gap-3">
          <div className="min-w-0 flex-1 basis-60">
            <Field
              name="q"
              type="search"
              label="Search tickets"
              maxLength={200}
              dir="auto"
              defaultValue={q}
            />
          </div>
          <button type="submit" className="button">
            Search
          </button>
        </div>
        <details open={isSearch(filters)}>
          <summary className="w-fit cursor-pointer py-2.5 font-medium">Filters</summary>
          <div className="mt-3 grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3">
            <Field name="city" label="City" maxLength={200} dir="auto" defaultValue={filters.city} />
            <Field name="from" type="date" label="From" defaultValue={filters.from} />
            <Field name="to" type="date" label="To" defaultValue={filters.to} />
            <Field
              name="minPrice"
              label="Lowest price"
              prefix="$"
              inputMode="decimal"
              autoComplete="off"
              defaultValue={filters.minPrice}
            />
            <Field
              name="maxPrice"
              label="Highest price"
              prefix="$"
              inputMode="decimal"
              autoComplete="off"
              defaultValue={filters.maxPrice}
            />
            <ChoiceField name="sort" label="Sort by" defaultValue={filters.sort ?? ""}>
              <option value="">Newest</option>
              <option value="date">Date</option>
              <option value="price">Lowest price</option>
              <option value="-price">Highest price</option>
            </ChoiceField>
          </div>
        </details>
        {isSearch(search) && (
          <Link href="/" prefetch={false} className="link">
            Clear search
          </Link>
        )}
      </form>
    </search>
  );
}
