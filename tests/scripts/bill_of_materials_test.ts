import { assertEquals } from "@std/assert";
import { makeBillOfMaterials } from "../../scripts/release/bill_of_materials.ts";

Deno.test("a bill of materials names each package of the lock file with its hash", () => {
  const bill = makeBillOfMaterials("1.2.3", {
    npm: {
      "@peculiar/x509@2.2.0": { integrity: "sha512-AAEC" },
      "prom-client@15.1.3_other@1.0.0": {},
    },
  });
  assertEquals(bill, {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: { type: "application", name: "voidkad", version: "1.2.3" } },
    components: [
      {
        type: "library",
        name: "@peculiar/x509",
        version: "2.2.0",
        purl: "pkg:npm/%40peculiar/x509@2.2.0",
        hashes: [{ alg: "SHA-512", content: "000102" }],
      },
      {
        type: "library",
        name: "prom-client",
        version: "15.1.3",
        purl: "pkg:npm/prom-client@15.1.3",
      },
    ],
  });
});
