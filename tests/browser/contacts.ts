/**
 * Routing tables as `/v1/contacts` gives them, of any size.
 *
 * @module
 */

/** A contact of such a table. */
export interface ListedContact {
  readonly id: string;
  readonly address: string;
  readonly heardMs: number;
  readonly rttMs: number | null;
  readonly failures: number;
  readonly connected: boolean;
}

/** Such a table. */
export interface ContactList {
  readonly prefixLength: number;
  readonly bucketSize: number;
  readonly levels: readonly {
    readonly level: number;
    readonly contacts: readonly ListedContact[];
    readonly replacements: number;
  }[];
}

/** A table with this many contacts: half of the rest in each level. */
export function manyContacts(count: number): ContactList {
  const levels = [];
  for (let left = count, level = 0; left > 0; level++) {
    const here = Math.ceil(left / 2);
    const contacts = Array.from({ length: here }, (_, i) => makeListed(left - i));
    levels.push({ level, contacts, replacements: 0 });
    left -= here;
  }
  return { prefixLength: 1, bucketSize: 128, levels };
}

/** All contacts in the order of the table. */
export function contactsOf({ levels }: ContactList): ListedContact[] {
  return levels.flatMap(({ contacts }) => contacts);
}

function makeListed(number: number): ListedContact {
  return {
    id: number.toString(16).padStart(64, "0"),
    address: `10.0.${number >> 8}.${number & 255}:7402`,
    heardMs: number * 997 % 7_200_000,
    rttMs: number % 9 === 0 ? null : number % 100,
    failures: number % 31 === 0 ? 1 : 0,
    connected: number % 5 === 0,
  };
}
