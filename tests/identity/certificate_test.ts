import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { X509Certificate } from "node:crypto";
import { CERTIFICATE_BYTES_MAX } from "../../lib/core/limits.ts";
import { loadOrMakeCertificate } from "../../lib/identity/certificate.ts";
import { CertificateError, readCertificate } from "../../lib/identity/certificate_files.ts";
import { makeCertificate } from "../../lib/identity/make_certificate.ts";
import { decodePem, encodePem } from "../../lib/identity/pem.ts";
import { serverNameOf } from "../../lib/identity/server_name.ts";
import { readX509 } from "../../lib/identity/x509.ts";
import { makeAuthority } from "../support/authority.ts";
import { checkProperty } from "../support/core/property.ts";

const DAY_MS = 86_400_000;

/** A folder of its own for one test, with what a certificate in it is asked by. */
async function makeWorkspace(hostname = "127.0.0.1") {
  const folder = await Deno.makeTempDir();
  const lines: string[] = [];
  return {
    folder,
    lines,
    options: {
      certFile: `${folder}/a.cert.pem`,
      keyFile: `${folder}/a.key.pem`,
      hostnames: [hostname],
      log: (level: string, message: string) => void lines.push(`${level} ${message}`),
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

/** A certificate of the same form, but valid at another time; made of one that is, by its bytes. */
async function writeWithValidity(options: { certFile: string }, notBefore: string, after: string) {
  const der = await readCertificate(options.certFile);
  const text = new TextDecoder("latin1").decode(der);
  const start = text.search(/..\d{12}Z..\d{12}Z/s);
  assert(start > 0, "the validity is two UTCTimes");
  der.set(new TextEncoder().encode(notBefore), start + 2);
  der.set(new TextEncoder().encode(after), start + 17);
  await Deno.writeTextFile(options.certFile, encodePem("CERTIFICATE", der));
}

Deno.test("a certificate is made once and found again", async () => {
  await using workspace = await makeWorkspace();
  const made = await loadOrMakeCertificate(workspace.options);
  const found = await loadOrMakeCertificate(workspace.options);
  assertEquals(found, made);
  assertEquals(workspace.lines.length, 1);
  assertEquals(namesIn(workspace.folder), ["a.cert.pem", "a.key.pem"]);
  assertEquals(await readCertificate(workspace.options.certFile), made.der);
});

Deno.test("a made certificate is what the protocol asks for", async () => {
  await using workspace = await makeWorkspace("2001:db8::1");
  const { certificatePem, der } = await loadOrMakeCertificate(workspace.options);
  const certificate = new X509Certificate(certificatePem);
  assertEquals(certificate.ca, false);
  assertMatch(certificate.subject, /^CN=voidkad [0-9a-f]{16}$/);
  const fields = readX509(der);
  assertEquals(certificate.checkIP("2001:db8::1"), "2001:db8::1");
  assertEquals(fields.dnsNames, ["20010db8000000000000000000000001.invalid"]);
  assertEquals(fields.notAfter, certificate.validToDate.getTime());
  const now = Date.now();
  assert(Math.abs(now - DAY_MS - fields.notBefore) < DAY_MS / 24);
  assert(Math.abs(now + 3_652 * DAY_MS - fields.notAfter) < DAY_MS / 24);
  assert(der.length < CERTIFICATE_BYTES_MAX);
});

Deno.test({
  name: "the key can be read by its owner alone",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using workspace = await makeWorkspace();
    await loadOrMakeCertificate(workspace.options);
    assertEquals((await Deno.stat(workspace.options.keyFile)).mode! & 0o777, 0o600);
  },
});

Deno.test({
  name: "a key that others could read is closed to them, with a warning",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using workspace = await makeWorkspace();
    const { options, lines } = workspace;
    const made = await loadOrMakeCertificate(options);
    await Deno.chmod(options.keyFile, 0o644);
    assertEquals(await loadOrMakeCertificate(options), made);
    assertEquals((await Deno.stat(options.keyFile)).mode! & 0o777, 0o600);
    assertEquals(
      lines.at(-1),
      `warn Others could read "${options.keyFile}": only its owner can now`,
    );
    await loadOrMakeCertificate(options);
    assertEquals(lines.length, 2);
  },
});

Deno.test("folders that are missing are made", async () => {
  await using workspace = await makeWorkspace();
  const options = {
    ...workspace.options,
    certFile: `${workspace.folder}/x/y/c.pem`,
    keyFile: `${workspace.folder}/z/k.pem`,
  };
  await loadOrMakeCertificate(options);
  assertEquals(namesIn(`${workspace.folder}/x/y`), ["c.pem"]);
  assertEquals(namesIn(`${workspace.folder}/z`), ["k.pem"]);
});

Deno.test("nodes that start together share one certificate", async () => {
  await using workspace = await makeWorkspace();
  const all = await Promise.all(
    Array.from({ length: 5 }, () => loadOrMakeCertificate(workspace.options)),
  );
  for (const one of all) assertEquals(one, all[0]);
  assertEquals(namesIn(workspace.folder), ["a.cert.pem", "a.key.pem"]);
});

Deno.test("a certificate that names another address is replaced, and kept", async () => {
  await using workspace = await makeWorkspace();
  const { options } = workspace;
  const old = await loadOrMakeCertificate(options);
  const renewed = await loadOrMakeCertificate({ ...options, hostnames: ["::1"] });
  assertEquals(readX509(renewed.der).dnsNames, [serverNameOf("::1")]);
  assertEquals(await readCertificate(`${options.certFile}.old`), old.der);
  assertEquals(await Deno.readTextFile(`${options.keyFile}.old`), old.keyPem);
  assertEquals(workspace.lines.length, 2);
  assertMatch(
    workspace.lines[1]!,
    /^warn Made a new certificate .* since it does not name ::1 \(0{31}1\.invalid\); .*\.old/,
  );
  // The next one does not overwrite what is kept.
  await loadOrMakeCertificate(options);
  assertEquals(await readCertificate(`${options.certFile}.old`), old.der);
  assertEquals(await readCertificate(`${options.certFile}.old.2`), renewed.der);
});

Deno.test("a certificate that has expired is replaced", async () => {
  await using workspace = await makeWorkspace();
  await loadOrMakeCertificate(workspace.options);
  await writeWithValidity(workspace.options, "200101000000Z", "210101000000Z");
  const { der } = await loadOrMakeCertificate(workspace.options);
  assert(readX509(der).notAfter > Date.now());
  assertMatch(workspace.lines[1]!, /since it expired at 2021-01-01T00:00/);
  assertEquals(namesIn(workspace.folder), [
    "a.cert.pem",
    "a.cert.pem.old",
    "a.key.pem",
    "a.key.pem.old",
  ]);
});

Deno.test("a certificate that is not valid yet is kept: the clock is wrong, and the node says so", async () => {
  await using workspace = await makeWorkspace();
  await loadOrMakeCertificate(workspace.options);
  await writeWithValidity(workspace.options, "490101000000Z", "491231000000Z");
  const kept = await readCertificate(workspace.options.certFile);
  const error = await assertRejects(
    () => loadOrMakeCertificate(workspace.options),
    CertificateError,
  );
  assertMatch(
    error.message,
    /^Cannot use certificate "[^"]+a\.cert\.pem": it is not valid before 2049-01-01T00:00:00.000Z, and this machine's clock says 2\d{3}-.*Z; set the clock$/,
  );
  assertEquals(await readCertificate(workspace.options.certFile), kept);
  assertEquals(namesIn(workspace.folder), ["a.cert.pem", "a.key.pem"]);
  assertEquals(workspace.lines.length, 1, "made once, and nothing since");
});

Deno.test("files that cannot be used are named, and left as they are", async () => {
  const other = await makeCertificate("127.0.0.1");
  const cases: [string, (cert: string, key: string) => Promise<void>, RegExp][] = [
    ["no key", (_, key) => Deno.remove(key), /read key "[^"]+key\.pem": no such file, though/],
    ["no certificate", (cert) => Deno.remove(cert), /read certificate "[^"]+cert\.pem": no such/],
    [
      "text",
      (cert) => Deno.writeTextFile(cert, "hello"),
      /"[^"]+cert\.pem": there is no certificate/,
    ],
    [
      "damaged certificate",
      (cert) => Deno.writeTextFile(cert, encodePem("CERTIFICATE", new Uint8Array([1, 2, 3]))),
      /"[^"]+cert\.pem": it is damaged/,
    ],
    [
      "no PEM key",
      (_, key) => Deno.writeTextFile(key, "hello"),
      /"[^"]+key\.pem": there is no priv/,
    ],
    [
      "another's key",
      (_, key) => Deno.writeTextFile(key, other.keyPem),
      /"[^"]+key\.pem": it does not belong to the certificate "[^"]+cert\.pem"/,
    ],
  ];
  for (const [name, spoil, expected] of cases) {
    await using workspace = await makeWorkspace();
    const { options } = workspace;
    await loadOrMakeCertificate(options);
    await spoil(options.certFile, options.keyFile);
    const names = namesIn(workspace.folder);
    const error = await assertRejects(() => loadOrMakeCertificate(options), CertificateError);
    assertMatch(error.message, expected, name);
    assertEquals(namesIn(workspace.folder), names, name);
  }
});

Deno.test("a path where no file can be is an error that names it", async () => {
  await using workspace = await makeWorkspace();
  const file = `${workspace.folder}/file`;
  await Deno.writeTextFile(file, "");
  const options = {
    ...workspace.options,
    certFile: `${file}/a.cert.pem`,
    keyFile: `${file}/a.key.pem`,
  };
  const error = await assertRejects(() => loadOrMakeCertificate(options), CertificateError);
  assertMatch(error.message, /file\/a\.cert\.pem": a part of the path is no folder/);
});

Deno.test("readCertificate takes the first certificate among other text", async () => {
  await using workspace = await makeWorkspace();
  const [a, b] = [await makeCertificate("127.0.0.1"), await makeCertificate("127.0.0.2")];
  const file = `${workspace.folder}/both.pem`;
  const blocks = [
    a.keyPem,
    a.certificatePem,
    b.certificatePem,
  ];
  await Deno.writeTextFile(file, `a comment\r\n${blocks.join("\n").replaceAll("\n", "\r\n")}`);
  assertEquals(await readCertificate(file), a.der);
});

Deno.test("readCertificate says what is wrong with a file", async () => {
  await using workspace = await makeWorkspace();
  const file = `${workspace.folder}/x.pem`;
  const refuses = async (message: RegExp) => {
    const error = await assertRejects(() => readCertificate(file), CertificateError);
    assertMatch(error.message, message);
  };
  await refuses(/^Cannot read certificate "[^"]+x\.pem": no such file$/);
  await Deno.writeTextFile(file, "");
  await refuses(/there is no certificate in PEM form in it$/);
  await Deno.writeTextFile(file, encodePem("CERTIFICATE", new Uint8Array(2_049)));
  await refuses(/2049 bytes are more than the 2048 allowed$/);
  await Deno.remove(file);
  await Deno.mkdir(file);
  await refuses(/it is a folder$/);
});

Deno.test("no bytes make the reader of certificates do anything but refuse them", async () => {
  const { der } = await makeCertificate("127.0.0.1");
  const changes = fc.array(fc.tuple(fc.nat(der.length - 1), fc.nat(255)), { maxLength: 4 });
  const mutated = fc.tuple(changes, fc.nat(der.length)).map(([list, length]) => {
    const bytes = der.slice(0, length < 20 ? length : undefined);
    for (const [at, byte] of list) bytes[at] = byte;
    return bytes;
  });
  checkProperty(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      try {
        readX509(bytes);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    }),
    5_000,
  );
  assertThrows(() => readX509(der.subarray(0, -1)), SyntaxError, "cut short");
  assertThrows(() => readX509(new Uint8Array([...der, 0, 0])), SyntaxError, "follow");
});

Deno.test("PEM gives back any bytes", () => {
  checkProperty(fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
    assertEquals(decodePem("X", encodePem("X", bytes)), new Uint8Array(bytes));
  }));
  assertEquals(decodePem("X", encodePem("Y", new Uint8Array(3))), null);
  assertEquals(decodePem("X", "-----BEGIN X-----\n!\n-----END X-----"), null);
});

for (
  const [what, names, isAuthority, why] of [
    ["an IP alone", [{ type: "ip", value: "127.0.0.1" }], false, "it does not name 127.0.0.1 (7f"],
    [
      "another node",
      [{ type: "dns", value: "7f000002.invalid" }],
      false,
      "it does not name 127.0.0.1 (7f000001.invalid)",
    ],
    ["an authority", [{ type: "dns", value: "7f000001.invalid" }], true, "it is one of an auth"],
  ] as const
) {
  Deno.test(`a certificate of other tools that names ${what} is refused and left there`, async () => {
    await using workspace = await makeWorkspace();
    const { options } = workspace;
    const authority = await makeAuthority({ names, isAuthority });
    await Deno.writeTextFile(options.certFile, authority.certificatePem);
    await Deno.writeTextFile(options.keyFile, authority.keyPem);
    const error = await assertRejects(() => loadOrMakeCertificate(options), CertificateError);
    assertStringIncludes(error.message, `Cannot use certificate "${options.certFile}": ${why}`);
    assertStringIncludes(
      error.message,
      "it needs subjectAltName=IP:127.0.0.1,DNS:7f000001.invalid and basicConstraints=CA:FALSE",
    );
    assertEquals(namesIn(workspace.folder), ["a.cert.pem", "a.key.pem"]);
    assertEquals(await Deno.readTextFile(options.certFile), authority.certificatePem);
  });
}

Deno.test("a certificate that another has signed is refused", async () => {
  await using workspace = await makeWorkspace();
  const { options } = workspace;
  const authority = await makeAuthority({ names: [], isAuthority: true });
  const signed = await authority.sign([{ type: "dns", value: "7f000001.invalid" }]);
  await Deno.writeTextFile(options.certFile, signed.certificatePem);
  await Deno.writeTextFile(options.keyFile, signed.keyPem);
  const error = await assertRejects(() => loadOrMakeCertificate(options), CertificateError);
  assertMatch(error.message, /": it is not signed by itself; it needs/);
});

Deno.test("a certificate of other tools with all that is needed is used", async () => {
  await using workspace = await makeWorkspace();
  const { options } = workspace;
  const made = await makeAuthority({
    names: [{ type: "dns", value: "7f000001.invalid" }],
    isAuthority: false,
  });
  await Deno.writeTextFile(options.certFile, made.certificatePem);
  await Deno.writeTextFile(options.keyFile, made.keyPem, { mode: 0o600 });
  assertEquals((await loadOrMakeCertificate(options)).certificatePem, made.certificatePem);
  assertEquals(workspace.lines, []);
});

Deno.test("a certificate that a node made by the IP alone is replaced, and kept", async () => {
  await using workspace = await makeWorkspace();
  const { options } = workspace;
  const old = await makeAuthority({
    subject: "voidkad 0123456789abcdef",
    names: [{ type: "ip", value: "127.0.0.1" }],
    isAuthority: false,
  });
  await Deno.writeTextFile(options.certFile, old.certificatePem);
  await Deno.writeTextFile(options.keyFile, old.keyPem, { mode: 0o600 });
  const { der } = await loadOrMakeCertificate(options);
  assertEquals(readX509(der).dnsNames, ["7f000001.invalid"]);
  assertEquals(await Deno.readTextFile(`${options.certFile}.old`), old.certificatePem);
  assertMatch(workspace.lines[0]!, /^warn Made a new .* since it does not name 127\.0\.0\.1/);
});
