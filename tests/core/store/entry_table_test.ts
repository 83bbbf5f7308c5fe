import { assertEquals, assertThrows } from "@std/assert";
import { InvariantError } from "../../../lib/core/invariant.ts";
import { CachedEntries } from "../../../lib/core/store/internal/cached_entries.ts";
import { EntryTable } from "../../../lib/core/store/internal/entry_table.ts";
import { Republications } from "../../../lib/core/store/internal/republications.ts";
import { EXPIRY_POSITION } from "../../../lib/core/store/internal/row_layout.ts";
import { TimeQueue } from "../../../lib/core/store/internal/time_queue.ts";
import { testContact } from "../../support/core/contacts.ts";

/** A table with one entry; returns its row. */
function makeTable(): { table: EntryTable; row: number } {
  const table = new EntryTable(new Uint8Array(8));
  const { id } = testContact(1);
  const value = { key: id, value: id, nonce: id, expiresAt: 1, replication: 1, stamp: 1 };
  const options = { expiresAt: 1_000, republishAt: 500, hasFullTtl: true, replicas: 1 };
  return { table, row: table.add(value, table.hashOf(id), options) };
}

Deno.test("an entry cannot be removed while it is queued", () => {
  const { table, row } = makeTable();
  const expiries = new TimeQueue(table.rows, EXPIRY_POSITION);
  const republications = new Republications(table);
  expiries.set(row, 1_000);
  assertThrows(() => table.remove(row), InvariantError, "stands in no queue");
  expiries.delete(row);
  republications.add(row);
  assertThrows(() => table.remove(row), InvariantError, "stands in no queue");
  republications.delete(row);
  table.checkInvariants();
  table.remove(row);
  assertEquals([table.size, table.bytes, table.memoryBytes], [0, 0, 0]);
});

Deno.test("a cached entry cannot be removed before it has left the list, nor be republished", () => {
  const { table, row } = makeTable();
  const cached = new CachedEntries(table);
  cached.add(row);
  assertThrows(() => new Republications(table).add(row), InvariantError, "not republished");
  assertThrows(() => table.remove(row), InvariantError, "one list at most");
});

Deno.test("what is wrong in the table is found when all of it is checked", () => {
  const { table, row } = makeTable();
  table.rows.setKey(row, testContact(2).id);
  assertThrows(() => table.checkInvariants(), InvariantError, "found by its key");
});
