/**
 * Programs that trust an authority besides those of the system.
 *
 * @module
 */

/** Ways to make a program of Deno trust the authority of a PEM file, as variables of its environment. */
export const TRUST: Readonly<Record<string, (file: string) => Record<string, string>>> = {
  "DENO_CERT": (file) => ({ DENO_CERT: file }),
  "the system's store": (file) => ({ DENO_TLS_CA_STORE: "system", SSL_CERT_FILE: file }),
  NODE_EXTRA_CA_CERTS: (file) => ({ NODE_EXTRA_CA_CERTS: file }),
};

/** Runs a program; returns what it printed. Its environment is `env` alone, and what Deno itself needs. */
export async function runTrusting(
  args: readonly string[],
  { env, cwd = Deno.cwd() }: { env: Record<string, string>; cwd?: string },
): Promise<{ code: number; stdout: string; stderr: string }> {
  const kept = ["PATH", "HOME", "DENO_DIR", "NPM_CONFIG_REGISTRY", "TMPDIR", "SystemRoot"];
  for (const name of kept) {
    const value = Deno.env.get(name);
    if (value !== undefined) env = { [name]: value, ...env };
  }
  const command = new Deno.Command(Deno.execPath(), { args: [...args], cwd, env, clearEnv: true });
  const { code, stdout, stderr } = await command.output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: error! };
}
