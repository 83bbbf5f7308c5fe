/**
 * The bill of materials of a release, made from the lock file.
 *
 * @module
 */

/** The part of `deno.lock` that lists packages. */
export interface LockFile {
  /** By `name@version`, maybe followed by `_` and the packages that it was resolved beside. */
  readonly npm?: Readonly<Record<string, { readonly integrity?: string }>>;
}

/** Describes a program and its packages in CycloneDX 1.5 (JSON). */
export function makeBillOfMaterials(version: string, { npm = {} }: LockFile): object {
  const components = Object.entries(npm).map(([id, { integrity }]) => {
    const [, name = id, packageVersion = ""] = /^(@?[^@]+)@([^_]+)/.exec(id) ?? [];
    return {
      type: "library",
      name,
      version: packageVersion,
      purl: `pkg:npm/${name.replace("@", "%40")}@${packageVersion}`,
      ...integrity === undefined ? {} : { hashes: [readIntegrity(integrity)] },
    };
  });
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: { component: { type: "application", name: "voidkad", version } },
    components,
  };
}

/** `sha512-<base64>` as an algorithm and hex digits. */
function readIntegrity(integrity: string): { alg: string; content: string } {
  const [algorithm = "", base64 = ""] = integrity.split("-", 2);
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const content = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { alg: algorithm.toUpperCase().replace("SHA", "SHA-"), content };
}
